// Random trees: what is printed parses, and prints the same again.

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "query/parser/parser.h"
#include "query/parser/printer.h"

namespace tidemark::query {
namespace {

// TreeMaker makes random trees of wanted types out of what the language allows. Operands that are
// operations themselves stand in parentheses, as in any tree that came from a text.
class TreeMaker {
 public:
  explicit TreeMaker(uint64_t seed) : random_(seed) {}

  ExprPtr Any(int depth) {
    switch (Below(8)) {
      case 0:
        return Scalar(depth);
      case 1:
        return Matrix(depth);
      case 2:
        return std::make_unique<StringLiteral>(Text());
      default:
        return Vector(depth);
    }
  }

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }
  bool Chance(uint64_t of) { return Below(of) == 0; }
  template <typename T>
  T OneOf(std::initializer_list<T> values) {
    return *(values.begin() + Below(values.size()));
  }

  ExprPtr OfType(ValueType type, int depth) {
    switch (type) {
      case ValueType::kScalar:
        return Scalar(depth);
      case ValueType::kString:
        return std::make_unique<StringLiteral>(Text());
      case ValueType::kVector:
        return Vector(depth);
      case ValueType::kMatrix:
        return Matrix(depth);
    }
    return nullptr;
  }

  ExprPtr Scalar(int depth) {
    if (depth <= 0 || Chance(3)) {
      return Number();
    }
    switch (Below(4)) {
      case 0:
        return Signed(Scalar(depth - 1));
      case 1:
        return InParens(Scalar(depth - 1));
      case 2:
        return CallOf("scalar", depth);
      default:
        return ScalarOperation(depth);
    }
  }

  ExprPtr Vector(int depth) {
    if (depth <= 0 || Chance(5)) {
      return Selector();
    }
    switch (Below(6)) {
      case 0:
        return Signed(Vector(depth - 1));
      case 1:
        return InParens(Vector(depth - 1));
      case 2:
        return Aggregation(depth);
      case 3:
        return VectorOperation(depth);
      default:
        return CallOf(OneOf({"rate", "abs", "label_join", "label_replace", "round", "hour",
                             "histogram_quantile", "sort_by_label", "vector", "clamp",
                             "quantile_over_time", "info", "absent"}),
                      depth);
    }
  }

  ExprPtr Matrix(int depth) {
    if (depth <= 0 || Chance(2)) {
      auto matrix = std::make_unique<MatrixSelector>();
      matrix->selector = Selector();
      matrix->range = Positive();
      return matrix;
    }
    auto subquery = std::make_unique<Subquery>();
    subquery->expr = AsOperand(Vector(depth - 1));
    subquery->range = Positive();
    if (Chance(2)) {
      subquery->step = Positive();
    }
    subquery->shift = Shift();
    return subquery;
  }

  ExprPtr Number() {
    if (Chance(3)) {
      return std::make_unique<NumberLiteral>(static_cast<double>(Below(1'000'000'000)) / 1000,
                                             true);
    }
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    const double any =
        std::ldexp(static_cast<double>(random_()), static_cast<int>(Below(200)) - 160);
    return std::make_unique<NumberLiteral>(
        OneOf({any, -any, 0.0, -0.0, kInfinity, -kInfinity,
               std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::max(),
               std::numeric_limits<double>::denorm_min(), 1e21, -1.5}));
  }

  std::unique_ptr<VectorSelector> Selector() {
    auto selector = std::make_unique<VectorSelector>();
    if (!Chance(4)) {
      selector->name = OneOf<std::string>({"up", "a:b", "sum", "offset", "by", "start", "fill"});
      AddMatcher(model::MatchType::kEqual, "__name__", selector->name, selector.get());
    } else {
      AddMatcher(model::MatchType::kNotEqual, "job", "", selector.get());
    }
    for (uint64_t n = Below(3); n > 0; --n) {
      const bool regex = Chance(3);
      AddMatcher(regex ? OneOf({model::MatchType::kRegexp, model::MatchType::kNotRegexp})
                       : OneOf({model::MatchType::kEqual, model::MatchType::kNotEqual}),
                 Label(), regex ? "a.*|b" : Text(), selector.get());
    }
    selector->shift = Shift();
    selector->anchored = Chance(10);
    selector->smoothed = !selector->anchored && Chance(10);
    return selector;
  }

  static void AddMatcher(model::MatchType type, std::string name, std::string value,
                         VectorSelector* selector) {
    selector->matchers.push_back(
        model::Matcher::Create(type, std::move(name), std::move(value)).value());
  }

  TimeShift Shift() {
    TimeShift shift;
    if (Chance(3)) {
      shift.offset = Chance(2) ? Positive() : Duration{-static_cast<int64_t>(Below(1'000'000)), {}};
      if (!shift.offset.constant()) {
        auto paren = std::make_unique<DurationExpr>();
        paren->op = DurationExpr::Op::kParen;
        paren->lhs = std::move(shift.offset.expr);
        shift.offset.expr = std::move(paren);
      }
    }
    if (Chance(3)) {
      shift.at = OneOf({TimeShift::At::kTime, TimeShift::At::kStart, TimeShift::At::kEnd});
      shift.at_ms = shift.at == TimeShift::At::kTime ? static_cast<int64_t>(random_()) : 0;
    }
    return shift;
  }

  Duration Positive() {
    if (!Chance(4)) {
      return {1 + static_cast<int64_t>(Below(100'000'000'000)), nullptr};
    }
    auto expr = Length(3);
    if (expr->op == DurationExpr::Op::kNumber || expr->op == DurationExpr::Op::kDuration) {
      auto paren = std::make_unique<DurationExpr>();
      paren->op = DurationExpr::Op::kParen;
      paren->lhs = std::move(expr);
      expr = std::move(paren);
    }
    return {0, std::move(expr)};
  }

  // Operands that are operations stand in parentheses.
  std::unique_ptr<DurationExpr> Length(int depth) {
    using Op = DurationExpr::Op;
    auto expr = std::make_unique<DurationExpr>();
    if (depth == 0 || Chance(3)) {
      expr->op = OneOf({Op::kNumber, Op::kDuration, Op::kStep, Op::kRange});
      expr->seconds = static_cast<double>(1 + Below(1'000'000)) / 1000;
      return expr;
    }
    expr->op = OneOf({Op::kParen, Op::kMinOf, Op::kMaxOf, Op::kAdd, Op::kSubtract, Op::kMultiply,
                      Op::kDivide, Op::kModulo, Op::kPower});
    const bool grouped = expr->op != Op::kParen && expr->op != Op::kMinOf && expr->op != Op::kMaxOf;
    expr->lhs = LengthOperand(grouped, depth - 1);
    if (expr->op != Op::kParen) {
      expr->rhs = LengthOperand(grouped, depth - 1);
    }
    return expr;
  }

  std::unique_ptr<DurationExpr> LengthOperand(bool grouped, int depth) {
    auto operand = Length(depth);
    if (!grouped || operand->lhs == nullptr) {
      return operand;
    }
    auto paren = std::make_unique<DurationExpr>();
    paren->op = DurationExpr::Op::kParen;
    paren->lhs = std::move(operand);
    return paren;
  }

  ExprPtr CallOf(std::string_view name, int depth) {
    const FunctionSignature* function = FindFunction(name);
    auto call = std::make_unique<Call>(function);
    const int most = function->max_arguments == FunctionSignature::kUnlimited
                         ? function->min_arguments + 2
                         : function->max_arguments;
    const int n =
        function->min_arguments +
        static_cast<int>(Below(static_cast<uint64_t>(most - function->min_arguments + 1)));
    for (int i = 0; i < n; ++i) {
      call->args.push_back(name == "info" && i == 1 ? InfoLabels()
                                                    : OfType(function->TypeOf(i), depth - 1));
    }
    return call;
  }

  ExprPtr InfoLabels() {
    auto labels = std::make_unique<VectorSelector>();
    if (Chance(2)) {
      AddMatcher(model::MatchType::kEqual, Label(), Text(), labels.get());
    }
    return labels;
  }

  ExprPtr Aggregation(int depth) {
    const auto op = static_cast<AggregateOp>(Below(static_cast<int>(AggregateOp::kLimitRatio) + 1));
    auto aggregate = std::make_unique<Aggregate>(op);
    if (op == AggregateOp::kCountValues) {
      aggregate->param = std::make_unique<StringLiteral>(Text());
    } else if (HasParameter(op)) {
      aggregate->param = Scalar(depth - 1);
    }
    aggregate->expr = Vector(depth - 1);
    aggregate->without = Chance(3);
    aggregate->grouping = Labels();
    return aggregate;
  }

  ExprPtr ScalarOperation(int depth) {
    const auto op = static_cast<BinaryOp>(Below(static_cast<int>(BinaryOp::kGreaterOrEqual) + 1));
    auto binary = std::make_unique<Binary>(op);
    binary->return_bool = IsComparison(op);
    binary->lhs = AsOperand(Scalar(depth - 1));
    binary->rhs = AsOperand(Scalar(depth - 1));
    return binary;
  }

  ExprPtr VectorOperation(int depth) {
    const auto op = static_cast<BinaryOp>(Below(static_cast<int>(BinaryOp::kUnless) + 1));
    auto binary = std::make_unique<Binary>(op);
    binary->return_bool = IsComparison(op) && Chance(2);
    binary->lhs = AsOperand(Vector(depth - 1));
    binary->rhs =
        AsOperand(!IsSetOperator(op) && Chance(2) ? Scalar(depth - 1) : Vector(depth - 1));
    if (binary->between_vectors()) {
      SetMatching(&*binary);
    }
    return binary;
  }

  void SetMatching(Binary* binary) {
    using Cardinality = VectorMatching::Cardinality;
    VectorMatching& matching = binary->matching;
    matching.on = Chance(2);
    matching.labels = Labels();
    if (IsSetOperator(binary->op)) {
      matching.cardinality = Cardinality::kManyToMany;
      return;
    }
    matching.cardinality =
        OneOf({Cardinality::kOneToOne, Cardinality::kManyToOne, Cardinality::kOneToMany});
    if (matching.cardinality != Cardinality::kOneToOne && Chance(2)) {
      matching.include = {"only_included"};
    }
    if (Chance(4)) {
      matching.fill_left = static_cast<double>(Below(5)) - 2.5;
    }
    if (Chance(4)) {
      matching.fill_right = Chance(2) ? matching.fill_left : std::optional<double>(7);
    }
  }

  ExprPtr Signed(ExprPtr operand) {
    // A sign before a number is part of it.
    operand = operand->kind() == ExprKind::kNumberLiteral ? InParens(std::move(operand))
                                                          : AsOperand(std::move(operand));
    auto unary = std::make_unique<Unary>();
    unary->negative = Chance(2);
    unary->expr = std::move(operand);
    return unary;
  }

  static ExprPtr InParens(ExprPtr inner) {
    auto paren = std::make_unique<Paren>();
    paren->expr = std::move(inner);
    return paren;
  }

  static ExprPtr AsOperand(ExprPtr operand) {
    switch (operand->kind()) {
      case ExprKind::kBinary:
      case ExprKind::kUnary:
      case ExprKind::kNumberLiteral:
        return InParens(std::move(operand));
      default:
        return operand;
    }
  }

  std::vector<std::string> Labels() {
    std::vector<std::string> labels;
    for (uint64_t n = Below(3); n > 0; --n) {
      labels.push_back(Label());
    }
    return labels;
  }

  std::string Label() {
    return OneOf<std::string>(
        {"job", "_x1", "a.b", "by", "without", "nan", "\xc3\xa4", "a b", "a:b", "quo\"te", "1st"});
  }

  std::string Text() {
    std::string text;
    for (uint64_t n = Below(8); n > 0; --n) {
      text += OneOf<std::string>({"a", "\"", "\\", "\n", "'", "`", std::string(1, '\0'), "\xff",
                                  "\xc3\xa4", "\xe2\x80\xa8", "\xf0\x9f\x98\x80", "{", "\x7f",
                                  "\xef\xbf\xbd", "\xc2\xa0"});
    }
    return text;
  }

  std::mt19937_64 random_;
};

TEST(PrinterProperty, PrintedTreesParseAndPrintTheSame) {
  const uint64_t first_seed = 20'260'801;
  for (uint64_t seed = first_seed; seed < first_seed + 3000; ++seed) {
    const std::string printed = ToString(*TreeMaker(seed).Any(5));
    const auto parsed = ParseExpr(printed, {true, true, true});
    ASSERT_TRUE(parsed.ok()) << "seed " << seed << ": " << printed << "\n" << parsed.status();
    ASSERT_EQ(ToString(**parsed), printed) << "seed " << seed;
    const auto reparsed = ParseExpr(Prettify(**parsed), {true, true, true});
    ASSERT_TRUE(reparsed.ok()) << "seed " << seed << ": " << Prettify(**parsed);
    ASSERT_EQ(ToString(**reparsed), printed) << "seed " << seed;
  }
}

// Operators and signs in a row, without parentheses.
TEST(PrinterProperty, ChainsOfOperatorsKeepTheirTree) {
  const std::vector<std::string> operators = {"+", "-", "*", "/", "%", "^", "atan2"};
  const std::vector<std::string> operands = {"1", "-2", "a", "-a", "+b", "--c", "time()", "5m"};
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    std::mt19937_64 random(seed);
    std::string text = operands[random() % operands.size()];
    for (uint64_t n = random() % 8; n > 0; --n) {
      text +=
          " " + operators[random() % operators.size()] + " " + operands[random() % operands.size()];
    }
    const auto parsed = ParseExpr(text);
    ASSERT_TRUE(parsed.ok()) << "seed " << seed << ": " << text;
    const std::string printed = ToString(**parsed);
    const auto reparsed = ParseExpr(printed);
    ASSERT_TRUE(reparsed.ok()) << "seed " << seed << ": " << printed;
    ASSERT_EQ(ToString(**reparsed), printed) << "seed " << seed << ": " << text;
  }
}

}  // namespace
}  // namespace tidemark::query
