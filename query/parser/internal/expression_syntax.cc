// Operators, calls, aggregations and literals.

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/internal/number.h"
#include "query/parser/internal/syntax_parser.h"
#include "query/parser/quote.h"

namespace tidemark::query {
namespace {

constexpr int kSignPrecedence = 5;
constexpr int kPowerPrecedence = 6;

struct OperatorRule {
  BinaryOp op;
  int precedence;
};

std::optional<OperatorRule> FindOperator(TokenKind kind) {
  switch (kind) {
    case TokenKind::kOr:
      return {{BinaryOp::kOr, 1}};
    case TokenKind::kAnd:
      return {{BinaryOp::kAnd, 2}};
    case TokenKind::kUnless:
      return {{BinaryOp::kUnless, 2}};
    case TokenKind::kEqual:
      return {{BinaryOp::kEqual, 3}};
    case TokenKind::kNotEqual:
      return {{BinaryOp::kNotEqual, 3}};
    case TokenKind::kLess:
      return {{BinaryOp::kLess, 3}};
    case TokenKind::kLessOrEqual:
      return {{BinaryOp::kLessOrEqual, 3}};
    case TokenKind::kGreater:
      return {{BinaryOp::kGreater, 3}};
    case TokenKind::kGreaterOrEqual:
      return {{BinaryOp::kGreaterOrEqual, 3}};
    case TokenKind::kTrimUpper:
      return {{BinaryOp::kTrimUpper, 3}};
    case TokenKind::kTrimLower:
      return {{BinaryOp::kTrimLower, 3}};
    case TokenKind::kAdd:
      return {{BinaryOp::kAdd, 4}};
    case TokenKind::kSubtract:
      return {{BinaryOp::kSubtract, 4}};
    case TokenKind::kMultiply:
      return {{BinaryOp::kMultiply, 5}};
    case TokenKind::kDivide:
      return {{BinaryOp::kDivide, 5}};
    case TokenKind::kModulo:
      return {{BinaryOp::kModulo, 5}};
    case TokenKind::kAtan2:
      return {{BinaryOp::kAtan2, 5}};
    case TokenKind::kPower:
      return {{BinaryOp::kPower, kPowerPrecedence}};
    default:
      return std::nullopt;
  }
}

// REQUIRES: the name of an aggregation, in any case.
AggregateOp FindAggregate(std::string_view name) {
  const std::string lower = absl::AsciiStrToLower({name.data(), name.size()});
  for (auto i = static_cast<int>(AggregateOp::kSum); i < static_cast<int>(AggregateOp::kLimitRatio);
       ++i) {
    if (OperatorText(static_cast<AggregateOp>(i)) == lower) {
      return static_cast<AggregateOp>(i);
    }
  }
  return AggregateOp::kLimitRatio;
}

bool IsExperimental(AggregateOp op) {
  return op == AggregateOp::kLimitk || op == AggregateOp::kLimitRatio;
}

bool StartsExpression(TokenKind kind) {
  switch (kind) {
    case TokenKind::kLeftParen:
    case TokenKind::kLeftBrace:
    case TokenKind::kNumber:
    case TokenKind::kDuration:
    case TokenKind::kString:
    case TokenKind::kAdd:
    case TokenKind::kSubtract:
      return true;
    default:
      return CanBeMetricName(kind);
  }
}

bool IsFill(TokenKind kind) {
  return kind == TokenKind::kFill || kind == TokenKind::kFillLeft || kind == TokenKind::kFillRight;
}

// `b` may be null.
const Expr* Deeper(const Expr* a, const Expr* b) {
  return b == nullptr || a->depth >= b->depth ? a : b;
}

// Words that can name a function; whether they do is told by the parenthesis that follows.
bool CanBeFunction(TokenKind kind) {
  switch (kind) {
    case TokenKind::kIdentifier:
    case TokenKind::kStart:
    case TokenKind::kEndOfQuery:
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::StatusOr<ExprPtr> SyntaxParser::BinaryOrHigher(int min_precedence) {
  Level level(this);
  RETURN_IF_ERROR(level.Check());
  ASSIGN_OR_RETURN(ExprPtr lhs, SignedOrHigher());
  for (;;) {
    const std::optional<OperatorRule> rule = FindOperator(Peek().kind);
    if (!rule || rule->precedence < min_precedence) {
      return lhs;
    }
    auto binary = std::make_unique<Binary>(rule->op);
    binary->op_offset = Take().begin;
    RETURN_IF_ERROR(Modifiers(binary.get()));
    const bool from_the_right = rule->precedence == kPowerPrecedence;
    ASSIGN_OR_RETURN(binary->rhs, BinaryOrHigher(rule->precedence + (from_the_right ? 0 : 1)));
    binary->lhs = std::move(lhs);
    const VectorMatching& matching = binary->matching;
    if ((matching.fill_left || matching.fill_right) && !options_.binop_fill_modifiers) {
      return Error(binary->lhs->position.begin,
                   "binop fill modifiers are experimental and not enabled");
    }
    RETURN_IF_ERROR(Finish({binary->lhs->position.begin, binary->rhs->position.end},
                           Deeper(binary->lhs.get(), binary->rhs.get()), binary.get()));
    lhs = std::move(binary);
  }
}

// A sign takes what binds tighter than itself, -x^2, and merges with a number: -1.
absl::StatusOr<ExprPtr> SyntaxParser::SignedOrHigher() {
  if (!PeekIs(TokenKind::kAdd) && !PeekIs(TokenKind::kSubtract)) {
    return Suffixed();
  }
  const Token sign = Take();
  const bool negative = sign.kind == TokenKind::kSubtract;
  ASSIGN_OR_RETURN(ExprPtr operand, BinaryOrHigher(kSignPrecedence + 1));
  if (operand->kind() == ExprKind::kNumberLiteral) {
    auto& number = As<NumberLiteral>(*operand);
    number.value = negative ? -number.value : number.value;
    number.position.begin = sign.begin;
    return operand;
  }
  auto unary = std::make_unique<Unary>();
  unary->negative = negative;
  unary->expr = std::move(operand);
  RETURN_IF_ERROR(Finish({sign.begin, unary->expr->position.end}, unary->expr.get(), unary.get()));
  return unary;
}

// A primary with its ranges, subqueries, offset, @ and the like.
absl::StatusOr<ExprPtr> SyntaxParser::Suffixed() {
  ASSIGN_OR_RETURN(ExprPtr expr, Primary());
  for (;;) {
    switch (Peek().kind) {
      case TokenKind::kLeftBracket: {
        ASSIGN_OR_RETURN(expr, Brackets(std::move(expr)));
        break;
      }
      case TokenKind::kOffset:
        RETURN_IF_ERROR(Offset(expr.get()));
        break;
      case TokenKind::kAt:
        RETURN_IF_ERROR(At(expr.get()));
        break;
      case TokenKind::kAnchored:
      case TokenKind::kSmoothed:
        RETURN_IF_ERROR(Extend(expr.get()));
        break;
      default:
        return expr;
    }
  }
}

absl::StatusOr<ExprPtr> SyntaxParser::Primary() {
  switch (Peek().kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return Number();
    case TokenKind::kString:
      return String();
    case TokenKind::kLeftParen:
      return Parenthesized();
    case TokenKind::kLeftBrace:
      return SelectorOf(Token());
    default:
      return CanBeMetricName(Peek().kind) ? Named() : Unexpected();
  }
}

absl::StatusOr<ExprPtr> SyntaxParser::Number() {
  const Token token = Take();
  ASSIGN_OR_RETURN(const double seconds, LiteralSeconds(token));
  auto number = std::make_unique<NumberLiteral>(seconds, token.kind == TokenKind::kDuration);
  number->position = token.position();
  return number;
}

absl::StatusOr<ExprPtr> SyntaxParser::String() {
  const Token token = Take();
  ASSIGN_OR_RETURN(std::string value, Unquote(token.text));
  auto literal = std::make_unique<StringLiteral>(std::move(value));
  literal->position = token.position();
  return literal;
}

absl::StatusOr<ExprPtr> SyntaxParser::Parenthesized() {
  const uint32_t begin = Take().begin;
  auto paren = std::make_unique<Paren>();
  ASSIGN_OR_RETURN(paren->expr, BinaryOrHigher(0));
  if (!PeekIs(TokenKind::kRightParen)) {
    return Unexpected();
  }
  Take();
  RETURN_IF_ERROR(Finish(From(begin), paren->expr.get(), paren.get()));
  return paren;
}

// What begins with a name: a call, an aggregation or a selector.
absl::StatusOr<ExprPtr> SyntaxParser::Named() {
  const Token name = Take();
  const TokenKind next = Peek().kind;
  if (next == TokenKind::kLeftParen && CanBeFunction(name.kind)) {
    return CallOf(name);
  }
  if (name.kind == TokenKind::kAggregator &&
      (next == TokenKind::kLeftParen || next == TokenKind::kBy || next == TokenKind::kWithout)) {
    return AggregateOf(name);
  }
  return SelectorOf(name);
}

absl::StatusOr<ExprPtr> SyntaxParser::CallOf(const Token& name) {
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Arguments());
  const FunctionSignature* function = FindFunction(name.text);
  if (function == nullptr) {
    return Error(name.begin, fmt::format("unknown function with name {}", Quote(name.text)));
  }
  if (function->experimental && !options_.experimental_functions) {
    return Error(name.begin, fmt::format("function {} is not enabled", Quote(name.text)));
  }
  auto call = std::make_unique<Call>(function);
  call->args = std::move(args);
  const Expr* deepest = nullptr;
  for (const ExprPtr& arg : call->args) {
    deepest = Deeper(arg.get(), deepest);
  }
  RETURN_IF_ERROR(Finish(From(name.begin), deepest, call.get()));
  return call;
}

absl::StatusOr<ExprPtr> SyntaxParser::AggregateOf(const Token& name) {
  auto aggregate = std::make_unique<Aggregate>(FindAggregate(name.text));
  ++aggregates_;
  const bool grouped = !PeekIs(TokenKind::kLeftParen);
  if (grouped) {
    RETURN_IF_ERROR(Grouping(aggregate.get()));
    if (!PeekIs(TokenKind::kLeftParen)) {
      return Unexpected();
    }
  }
  ASSIGN_OR_RETURN(std::vector<ExprPtr> args, Arguments());
  if (!grouped && (PeekIs(TokenKind::kBy) || PeekIs(TokenKind::kWithout))) {
    RETURN_IF_ERROR(Grouping(aggregate.get()));
  } else if (!grouped && PeekIs(TokenKind::kError)) {
    return Unexpected();  // rather than what may be wrong with the arguments
  }
  --aggregates_;
  aggregate->position = From(name.begin);
  RETURN_IF_ERROR(AggregateArguments(std::move(args), aggregate.get()));
  return aggregate;
}

// by (...) or without (...).
absl::Status SyntaxParser::Grouping(Aggregate* aggregate) {
  aggregate->without = Take().kind == TokenKind::kWithout;
  ASSIGN_OR_RETURN(aggregate->grouping, LabelList());
  return absl::OkStatus();
}

// Gives the aggregation its parameter and its vector.
absl::Status SyntaxParser::AggregateArguments(std::vector<ExprPtr> args, Aggregate* aggregate) {
  const uint32_t begin = aggregate->position.begin;
  if (args.empty()) {
    return Error(begin, "no arguments for aggregate expression provided");
  }
  if (IsExperimental(aggregate->op) && !options_.experimental_functions) {
    return Error(begin, fmt::format("{}() is experimental and must be enabled with "
                                    "--enable-feature=promql-experimental-functions",
                                    OperatorText(aggregate->op)));
  }
  const size_t wanted = HasParameter(aggregate->op) ? 2 : 1;
  if (args.size() != wanted) {
    return Error(begin, fmt::format("wrong number of arguments for aggregate expression provided, "
                                    "expected {}, got {}",
                                    wanted, args.size()));
  }
  aggregate->expr = std::move(args.back());
  aggregate->param = wanted == 2 ? std::move(args.front()) : nullptr;
  return Finish(aggregate->position, Deeper(aggregate->expr.get(), aggregate->param.get()),
                aggregate);
}

// ( expression, ... )
absl::StatusOr<std::vector<ExprPtr>> SyntaxParser::Arguments() {
  Take();
  std::vector<ExprPtr> args;
  if (PeekIs(TokenKind::kRightParen)) {
    Take();
    return args;
  }
  for (;;) {
    ASSIGN_OR_RETURN(ExprPtr arg, BinaryOrHigher(0));
    args.push_back(std::move(arg));
    if (PeekIs(TokenKind::kRightParen)) {
      Take();
      return args;
    }
    if (!PeekIs(TokenKind::kComma)) {
      return Unexpected();
    }
    const Token comma = Take();
    if (!PeekIs(TokenKind::kError) && !StartsExpression(Peek().kind)) {
      return Error(comma.begin, "trailing commas not allowed in function call args");
    }
  }
}

// What stands between a binary operator and its right side.
absl::Status SyntaxParser::Modifiers(Binary* binary) {
  if (PeekIs(TokenKind::kBool)) {
    Take();
    binary->return_bool = true;
  }
  VectorMatching& matching = binary->matching;
  if (PeekIs(TokenKind::kOn) || PeekIs(TokenKind::kIgnoring)) {
    matching.on = Take().kind == TokenKind::kOn;
    ASSIGN_OR_RETURN(matching.labels, LabelList());
    RETURN_IF_ERROR(GroupModifier(&matching));
  }
  return FillModifiers(&matching);
}

// group_left and group_right, whose labels may be left out.
absl::Status SyntaxParser::GroupModifier(VectorMatching* matching) {
  if (!PeekIs(TokenKind::kGroupLeft) && !PeekIs(TokenKind::kGroupRight)) {
    return absl::OkStatus();
  }
  matching->cardinality = Take().kind == TokenKind::kGroupLeft
                              ? VectorMatching::Cardinality::kManyToOne
                              : VectorMatching::Cardinality::kOneToMany;
  if (!PeekIs(TokenKind::kLeftParen) && (StartsExpression(Peek().kind) || IsFill(Peek().kind))) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(matching->include, LabelList());
  return absl::OkStatus();
}

// fill (v), or fill_left (v) and fill_right (v) in either order.
absl::Status SyntaxParser::FillModifiers(VectorMatching* matching) {
  if (PeekIs(TokenKind::kFill)) {
    Take();
    ASSIGN_OR_RETURN(matching->fill_left, FillValue());
    matching->fill_right = matching->fill_left;
    return absl::OkStatus();
  }
  for (;;) {
    if (PeekIs(TokenKind::kFillLeft) && !matching->fill_left) {
      Take();
      ASSIGN_OR_RETURN(matching->fill_left, FillValue());
    } else if (PeekIs(TokenKind::kFillRight) && !matching->fill_right) {
      Take();
      ASSIGN_OR_RETURN(matching->fill_right, FillValue());
    } else {
      return absl::OkStatus();
    }
  }
}

// A number, perhaps signed, in parentheses.
absl::StatusOr<double> SyntaxParser::FillValue() {
  Take();
  double sign = 1;
  if (PeekIs(TokenKind::kAdd) || PeekIs(TokenKind::kSubtract)) {
    sign = Take().kind == TokenKind::kSubtract ? -1 : 1;
  }
  if (!PeekIs(TokenKind::kNumber) && !PeekIs(TokenKind::kDuration)) {
    return Unexpected();
  }
  ASSIGN_OR_RETURN(const double value, LiteralSeconds(Take()));
  if (!PeekIs(TokenKind::kRightParen)) {
    return Unexpected();
  }
  Take();
  return sign * value;
}

// ( label, ... ), a comma at the end allowed.
absl::StatusOr<std::vector<std::string>> SyntaxParser::LabelList() {
  RETURN_IF_ERROR(Expect(TokenKind::kLeftParen, {"grouping opts", "\"(\""}).status());
  std::vector<std::string> labels;
  while (!PeekIs(TokenKind::kRightParen)) {
    ASSIGN_OR_RETURN(std::string label, LabelOfList());
    labels.push_back(std::move(label));
    if (PeekIs(TokenKind::kComma)) {
      Take();
    } else if (!PeekIs(TokenKind::kRightParen)) {
      return Unexpected({"grouping opts", "\",\" or \")\""});
    }
  }
  Take();
  return labels;
}

absl::StatusOr<std::string> SyntaxParser::LabelOfList() {
  if (CanBeLabelName(Peek().kind)) {
    return std::string(Take().text);
  }
  ASSIGN_OR_RETURN(const Token token, Expect(TokenKind::kString, {"grouping opts", "label"}));
  ASSIGN_OR_RETURN(std::string label, Unquote(token.text));
  if (!IsValidUtf8(label) || label.empty()) {
    return Error(token.begin, fmt::format("invalid label name for grouping: {}", Quote(label)));
  }
  return label;
}

}  // namespace tidemark::query
