// What the trees look like: shapes, types and places. Texts that are refused are in error_test.cc.

#include "query/parser/parser.h"

#include <cmath>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "query/parser/printer.h"

namespace tidemark::query {
namespace {

constexpr ParserOptions kEverything = {true, true, true};

ExprPtr Parse(std::string_view text) {
  absl::StatusOr<ExprPtr> expr = ParseExpr(text, kEverything);
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.status();
  return expr.ok() ? *std::move(expr) : std::make_unique<NumberLiteral>(0);
}

double NumberIn(std::string_view text) {
  const ExprPtr expr = Parse(text);
  EXPECT_EQ(expr->kind(), ExprKind::kNumberLiteral) << text;
  return As<NumberLiteral>(*expr).value;
}

// The tree with parentheses around every operation.
std::string Shape(const Expr& expr) {
  switch (expr.kind()) {
    case ExprKind::kBinary: {
      const auto& binary = As<Binary>(expr);
      return "(" + Shape(*binary.lhs) + " " + std::string(OperatorText(binary.op)) + " " +
             Shape(*binary.rhs) + ")";
    }
    case ExprKind::kUnary:
      return std::string(As<Unary>(expr).negative ? "-" : "+") + Shape(*As<Unary>(expr).expr);
    default:
      return ToString(expr);
  }
}

TEST(Parser, ReadsNumbersOfEveryForm) {
  EXPECT_EQ(NumberIn("1"), 1);
  EXPECT_EQ(NumberIn("1.5"), 1.5);
  EXPECT_EQ(NumberIn(".5"), 0.5);
  EXPECT_EQ(NumberIn("5."), 5);
  EXPECT_EQ(NumberIn("1e3"), 1000);
  EXPECT_EQ(NumberIn("5E-3"), 0.005);
  EXPECT_EQ(NumberIn("1e+3"), 1000);
  EXPECT_EQ(NumberIn("0x1F"), 31);
  EXPECT_EQ(NumberIn("0Xee"), 238);
  EXPECT_EQ(NumberIn("0755"), 493);
  EXPECT_EQ(NumberIn("08"), 8);
  EXPECT_EQ(NumberIn("0.5"), 0.5);
  EXPECT_EQ(NumberIn("1_000_000"), 1e6);
  EXPECT_EQ(NumberIn("0x_1f"), 31);
  EXPECT_EQ(NumberIn("-0755"), -493);
  EXPECT_EQ(NumberIn("- -2"), 2);
  EXPECT_EQ(NumberIn("99999999999999999999"), 1e20);
  EXPECT_EQ(NumberIn("1e-400"), 0);
  EXPECT_EQ(NumberIn("5m"), 300);
  EXPECT_EQ(NumberIn("-1h30m"), -5400);
  EXPECT_EQ(NumberIn("+Inf"), HUGE_VAL);
  EXPECT_EQ(NumberIn("-iNf"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(NumberIn("NaN")));
}

TEST(Parser, ReadsStringsAndTheirEscapes) {
  const auto value = [](std::string_view text) { return As<StringLiteral>(*Parse(text)).value; };
  EXPECT_EQ(value(R"("a'b")"), "a'b");
  EXPECT_EQ(value(R"('a"b')"), "a\"b");
  EXPECT_EQ(value(R"("\a\b\f\n\r\t\v\\\"")"), "\a\b\f\n\r\t\v\\\"");
  EXPECT_EQ(value(R"('\'')"), "'");
  EXPECT_EQ(value(R"("\x41\102\u00e4\U0001F600")"), "AB\xc3\xa4\xf0\x9f\x98\x80");
  EXPECT_EQ(value(R"("\xff\000")"), std::string("\xff\0", 2));
  EXPECT_EQ(value("`a\\n\n\"'`"), "a\\n\n\"'");
  EXPECT_EQ(value("\"\""), "");
}

TEST(Parser, BindsOperatorsByTheirPrecedence) {
  const auto shape = [](std::string_view text) { return Shape(*Parse(text)); };
  EXPECT_EQ(shape("a or b and c"), "(a or (b and c))");
  EXPECT_EQ(shape("a unless b and c"), "((a unless b) and c)");
  EXPECT_EQ(shape("a and b > c"), "(a and (b > c))");
  EXPECT_EQ(shape("a > b + c"), "(a > (b + c))");
  EXPECT_EQ(shape("a </ 1 + 2"), "(a </ (1 + 2))");
  EXPECT_EQ(shape("a >/ 1 > b"), "((a >/ 1) > b)");
  EXPECT_EQ(shape("a - b - c"), "((a - b) - c)");
  EXPECT_EQ(shape("a + b * c"), "(a + (b * c))");
  EXPECT_EQ(shape("a * b atan2 c % d / e"), "((((a * b) atan2 c) % d) / e)");
  EXPECT_EQ(shape("a ^ b ^ c"), "(a ^ (b ^ c))");
  EXPECT_EQ(shape("a * b ^ c"), "(a * (b ^ c))");
}

TEST(Parser, BindsSignsLikeMultiplication) {
  const auto shape = [](std::string_view text) { return Shape(*Parse(text)); };
  EXPECT_EQ(shape("-1 ^ 2"), "-(1 ^ 2)");
  EXPECT_EQ(shape("-a * b"), "(-a * b)");
  EXPECT_EQ(shape("2 ^ -1"), "(2 ^ -1)");
  EXPECT_EQ(shape("2 ^ -a * b"), "((2 ^ -a) * b)");
  EXPECT_EQ(shape("-a ^ -b ^ c"), "-(a ^ -(b ^ c))");
  EXPECT_EQ(shape("-+-a"), "-+-a");
  EXPECT_EQ(shape("-a offset 5m"), "-a offset 5m");
}

TEST(Parser, BindsModifiersTighterThanOperators) {
  const auto shape = [](std::string_view text) { return Shape(*Parse(text)); };
  EXPECT_EQ(shape("a offset 5m + b"), "(a offset 5m + b)");
  EXPECT_EQ(shape("a offset -1 ^ 2"), "(a offset -1s ^ 2)");
  EXPECT_EQ(shape("a offset (5m) - 2"), "(a offset (5m) - 2)");
  EXPECT_EQ(shape("a offset step() * 2"), "(a offset step() * 2)");
  EXPECT_EQ(shape("a @ 5 - 1"), "(a @ 5.000 - 1)");
}

TEST(Parser, TakesKeywordsAsMetricNames) {
  for (const std::string_view name :
       {"sum",    "SUM",    "avg",      "topk",     "by",   "without",   "and",
        "or",     "unless", "offset",   "start",    "end",  "step",      "range",
        "min_of", "max_of", "anchored", "smoothed", "fill", "fill_left", "limitk",
        "group",  "a:b",    ":c",       "foo",      "_"}) {
    const ExprPtr expr = Parse(name);
    ASSERT_EQ(expr->kind(), ExprKind::kVectorSelector) << name;
    EXPECT_EQ(As<VectorSelector>(*expr).name, name);
  }
  EXPECT_EQ(Shape(*Parse("and and and")), "(and and and)");
  EXPECT_EQ(Shape(*Parse("fill + fill")), "(fill + fill)");
  EXPECT_EQ(Shape(*Parse("offset offset 5m")), "offset offset 5m");
  EXPECT_EQ(Shape(*Parse("sum{a=\"b\"} + sum(sum)")), "(sum{a=\"b\"} + sum(sum))");
  for (const std::string_view name :
       {"bool", "on", "ignoring", "group_left", "group_right", "atan2"}) {
    EXPECT_FALSE(ParseExpr(name).ok()) << name;
  }
}

TEST(Parser, TakesKeywordsAsLabelNames) {
  EXPECT_EQ(
      ToString(*Parse("sum by (by, on, bool, offset, sum, atan2, start, fill, group_left) (a)")),
      "sum by (by, on, bool, offset, sum, atan2, start, fill, group_left) (a)");
  EXPECT_EQ(ToString(*Parse("a{on=\"1\",without=\"2\",nan=\"3\"}")),
            "a{nan=\"3\",on=\"1\",without=\"2\"}");
}

TEST(Parser, TakesKeywordsInAnyCase) {
  EXPECT_EQ(ToString(*Parse("SUM BY (a) (B) Or c > BOOL ON (d) GROUP_LEFT e OFFSET 5m")),
            "sum by (a) (B) or c > bool on (d) group_left () e offset 5m");
  EXPECT_EQ(ToString(*Parse("a[STEP()] @ END()")), "a[step()] @ end()");
}

TEST(Parser, ReadsAggregations) {
  const ExprPtr expr = Parse("topk without (a, \"b c\",) (3, foo)");
  const auto& topk = As<Aggregate>(*expr);
  EXPECT_EQ(topk.op, AggregateOp::kTopk);
  EXPECT_TRUE(topk.without);
  EXPECT_EQ(topk.grouping, (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(As<NumberLiteral>(*topk.param).value, 3);
  EXPECT_EQ(As<VectorSelector>(*topk.expr).name, "foo");
  const ExprPtr after = Parse("sum(foo) by (a)");
  EXPECT_EQ(As<Aggregate>(*after).grouping, std::vector<std::string>{"a"});
  EXPECT_EQ(As<Aggregate>(*after).param, nullptr);
}

TEST(Parser, KnowsEveryAggregation) {
  for (auto i = static_cast<int>(AggregateOp::kSum);
       i <= static_cast<int>(AggregateOp::kLimitRatio); ++i) {
    const auto op = static_cast<AggregateOp>(i);
    const std::string param = !HasParameter(op)                 ? ""
                              : op == AggregateOp::kCountValues ? "\"v\", "
                                                                : "1, ";
    const std::string text = std::string(OperatorText(op)) + "(" + param + "foo)";
    EXPECT_EQ(As<Aggregate>(*Parse(text)).op, op) << text;
  }
}

TEST(Parser, ReadsVectorMatching) {
  using Cardinality = VectorMatching::Cardinality;
  const ExprPtr expr = Parse("a * on (x, y) group_left (z) b");
  const VectorMatching& matching = As<Binary>(*expr).matching;
  EXPECT_TRUE(matching.on);
  EXPECT_EQ(matching.labels, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(matching.include, std::vector<std::string>{"z"});
  EXPECT_EQ(matching.cardinality, Cardinality::kManyToOne);
  EXPECT_EQ(As<Binary>(*Parse("a * ignoring (x) group_right b")).matching.cardinality,
            Cardinality::kOneToMany);
  EXPECT_EQ(As<Binary>(*Parse("a * b")).matching.cardinality, Cardinality::kOneToOne);
  EXPECT_EQ(As<Binary>(*Parse("a and b")).matching.cardinality, Cardinality::kManyToMany);
}

TEST(Parser, ForgetsMatchingWhereThereAreNotTwoVectors) {
  EXPECT_EQ(ToString(*Parse("1 + on () 2")), "1 + 2");
  EXPECT_EQ(ToString(*Parse("a + ignoring () group_left () 2")), "a + 2");
}

TEST(Parser, ReadsFillModifiers) {
  const auto fill = [](std::string_view text) {
    const ExprPtr expr = Parse(text);
    const VectorMatching& matching = As<Binary>(*expr).matching;
    return std::pair(matching.fill_left, matching.fill_right);
  };
  using Fill = std::optional<double>;
  EXPECT_EQ(fill("a + fill (2) b"), std::pair(Fill(2), Fill(2)));
  EXPECT_EQ(fill("a + on (x) fill_left(-1) b"), std::pair(Fill(-1), Fill()));
  EXPECT_EQ(fill("a + fill_right (+1m) fill_left (3) b"), std::pair(Fill(3), Fill(60)));
}

TEST(Parser, TellsTheTypeOfEveryNode) {
  const auto type = [](std::string_view text) { return Parse(text)->type(); };
  EXPECT_EQ(type("1 + 2"), ValueType::kScalar);
  EXPECT_EQ(type("-(1)"), ValueType::kScalar);
  EXPECT_EQ(type("1 + a"), ValueType::kVector);
  EXPECT_EQ(type("\"a\""), ValueType::kString);
  EXPECT_EQ(type("a[5m]"), ValueType::kMatrix);
  EXPECT_EQ(type("(a[5m:])"), ValueType::kMatrix);
  EXPECT_EQ(type("scalar(a)"), ValueType::kScalar);
  EXPECT_EQ(type("sum(a)"), ValueType::kVector);
  EXPECT_EQ(type("time() > bool 1"), ValueType::kScalar);
}

TEST(Parser, RemembersWhereNodesStand) {
  const std::string_view text = " sum(rate(foo{a=\"b\"}[5m] offset 1h)) by (x) / -bar @ 5 ";
  const ExprPtr expr = Parse(text);
  const auto piece = [&](const Expr& node) {
    return text.substr(node.position.begin, node.position.end - node.position.begin);
  };
  EXPECT_EQ(piece(*expr), text.substr(1, text.size() - 2));
  const auto& division = As<Binary>(*expr);
  EXPECT_EQ(text[division.op_offset], '/');
  EXPECT_EQ(piece(*division.lhs), "sum(rate(foo{a=\"b\"}[5m] offset 1h)) by (x)");
  EXPECT_EQ(piece(*division.rhs), "-bar @ 5");
  const Expr& rate = *As<Aggregate>(*division.lhs).expr;
  EXPECT_EQ(piece(rate), "rate(foo{a=\"b\"}[5m] offset 1h)");
  const Expr& range = *As<Call>(rate).args[0];
  EXPECT_EQ(piece(range), "foo{a=\"b\"}[5m] offset 1h");
  EXPECT_EQ(piece(*As<MatrixSelector>(range).selector), "foo{a=\"b\"}");
}

TEST(Parser, TakesAggregationEndFromItsOwnParenthesis) {
  const ExprPtr expr = Parse("(sum(foo) )");
  EXPECT_EQ(As<Paren>(*expr).expr->position, (PositionRange{1, 9}));
}

TEST(Parser, ReadsExperimentalFunctionsWhenAsked) {
  EXPECT_EQ(ToString(*Parse("start() + end() + range() + step()")),
            "start() + end() + range() + step()");
  EXPECT_EQ(ToString(*Parse("max_of(1, min_of(2, 3))")), "max_of(1, min_of(2, 3))");
  EXPECT_EQ(ToString(*Parse("info(a, {b=~\".*\"})")), "info(a, {b=~\".*\"})");
  EXPECT_EQ(ToString(*Parse("info(a, {})")), "info(a, {})");
  EXPECT_EQ(ToString(*Parse("limit_ratio(-0.5, a)")), "limit_ratio(-0.5, a)");
  EXPECT_EQ(ToString(*Parse("histogram_quantiles(a, \"q\", 0.5, 0.9)")),
            "histogram_quantiles(a, \"q\", 0.5, 0.9)");
}

TEST(Parser, StripsParentheses) {
  const ExprPtr expr = Parse("((foo))");
  EXPECT_EQ(StripParens(*expr).kind(), ExprKind::kVectorSelector);
}

TEST(Parser, AcceptsLongChainsAndDeepNesting) {
  std::string chain = "a";
  for (int i = 0; i < 900; ++i) {
    chain += " or a";
  }
  EXPECT_TRUE(ParseExpr(chain).ok());
  const std::string nested = std::string(200, '(') + "a" + std::string(200, ')');
  EXPECT_TRUE(ParseExpr(nested).ok());
}

}  // namespace
}  // namespace tidemark::query
