// Lengths of time: after offset and within brackets.

#include <cmath>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "query/parser/internal/number.h"
#include "query/parser/internal/syntax_parser.h"

namespace tidemark::query {
namespace {

using Op = DurationExpr::Op;

constexpr int kPowerPrecedence = 6;
constexpr int kMaxDurationNodes = 256;

// As far as 64 bits of nanoseconds reach, some 292 years.
constexpr double kMaxSeconds = 9'223'372'036.0;

struct OperatorRule {
  Op op;
  int precedence;
};

std::optional<OperatorRule> FindOperator(TokenKind kind) {
  switch (kind) {
    case TokenKind::kAdd:
      return {{Op::kAdd, 4}};
    case TokenKind::kSubtract:
      return {{Op::kSubtract, 4}};
    case TokenKind::kMultiply:
      return {{Op::kMultiply, 5}};
    case TokenKind::kDivide:
      return {{Op::kDivide, 5}};
    case TokenKind::kModulo:
      return {{Op::kModulo, 5}};
    case TokenKind::kPower:
      return {{Op::kPower, kPowerPrecedence}};
    default:
      return std::nullopt;
  }
}

bool IsLiteral(const DurationExpr& expr) {
  return expr.op == Op::kNumber || expr.op == Op::kDuration;
}

// Cut to milliseconds, but for what is a whole number of them up to a double's rounding.
int64_t ToMilliseconds(double seconds) {
  const double nearest = std::round(seconds * 1000);
  return static_cast<int64_t>(nearest / 1000 == seconds ? nearest : seconds * 1000);
}

// A literal becomes a constant.
Duration ToDuration(std::unique_ptr<DurationExpr> expr) {
  if (IsLiteral(*expr)) {
    return {ToMilliseconds(expr->seconds), nullptr};
  }
  return {0, std::move(expr)};
}

bool IsSign(TokenKind kind) { return kind == TokenKind::kAdd || kind == TokenKind::kSubtract; }

}  // namespace

absl::StatusOr<Duration> SyntaxParser::PositiveDuration(Place place) {
  duration_nodes_ = 0;
  ASSIGN_OR_RETURN(DurationExprPtr expr, DurationOrHigher(0, place));
  const uint32_t begin = expr->position.begin;
  Duration duration = ToDuration(std::move(expr));
  if (duration.constant() && duration.ms <= 0) {
    return Error(begin, "duration must be greater than 0");
  }
  return duration;
}

// An operator after it is not the duration's: x offset 5m + y.
absl::StatusOr<Duration> SyntaxParser::OffsetDuration() {
  constexpr Place kPlace = {"offset", "number, duration, step(), or range()"};
  duration_nodes_ = 0;
  if (!IsSign(Peek().kind)) {
    ASSIGN_OR_RETURN(DurationExprPtr expr, DurationPrimary(kPlace));
    return ToDuration(std::move(expr));
  }
  const Token sign = Take();
  ASSIGN_OR_RETURN(DurationExprPtr operand, DurationPrimary(kPlace));
  ASSIGN_OR_RETURN(DurationExprPtr expr, WithSign(sign, std::move(operand)));
  return ToDuration(std::move(expr));
}

absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::DurationOrHigher(int min_precedence,
                                                                             Place place) {
  Level level(this);
  RETURN_IF_ERROR(level.Check());
  ASSIGN_OR_RETURN(DurationExprPtr lhs, SignedDuration(place));
  for (;;) {
    const std::optional<OperatorRule> rule = FindOperator(Peek().kind);
    if (!rule || rule->precedence < min_precedence) {
      return lhs;
    }
    const Token op = Take();
    const bool from_the_right = rule->op == Op::kPower;
    ASSIGN_OR_RETURN(DurationExprPtr rhs,
                     DurationOrHigher(rule->precedence + (from_the_right ? 0 : 1), place));
    RETURN_IF_ERROR(CheckDivisor(op, *rhs));
    ASSIGN_OR_RETURN(DurationExprPtr binary, NewDuration(rule->op, lhs->position.begin));
    binary->lhs = std::move(lhs);
    binary->rhs = std::move(rhs);
    lhs = std::move(binary);
  }
}

absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::SignedDuration(Place place) {
  if (!IsSign(Peek().kind)) {
    return DurationPrimary(place);
  }
  const Token sign = Take();
  ASSIGN_OR_RETURN(DurationExprPtr operand, DurationOrHigher(kPowerPrecedence, place));
  return WithSign(sign, std::move(operand));
}

// A literal takes the sign; a plus says nothing.
absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::WithSign(const Token& sign,
                                                                     DurationExprPtr operand) {
  if (IsLiteral(*operand)) {
    operand->seconds *= sign.kind == TokenKind::kSubtract ? -1 : 1;
    operand->position.begin = sign.begin;
    return operand;
  }
  if (sign.kind == TokenKind::kAdd) {
    return operand;
  }
  ASSIGN_OR_RETURN(DurationExprPtr minus, NewDuration(Op::kMinus, sign.begin));
  minus->lhs = std::move(operand);
  return minus;
}

absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::DurationPrimary(Place place) {
  switch (Peek().kind) {
    case TokenKind::kNumber:
    case TokenKind::kDuration:
      return DurationLiteral();
    case TokenKind::kStep:
    case TokenKind::kRange:
      return QueryTime(place);
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      return Extreme(place);
    case TokenKind::kLeftParen:
      return DurationParens(place);
    default:
      return Unexpected(place);
  }
}

absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::DurationLiteral() {
  const Token token = Take();
  ASSIGN_OR_RETURN(const double seconds, LiteralSeconds(token));
  if (!(std::abs(seconds) <= kMaxSeconds)) {
    return Error(token.begin, "duration out of range");
  }
  ASSIGN_OR_RETURN(
      DurationExprPtr literal,
      NewDuration(token.kind == TokenKind::kDuration ? Op::kDuration : Op::kNumber, token.begin));
  literal->seconds = seconds;
  return literal;
}

absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::DurationParens(Place place) {
  const uint32_t begin = Take().begin;
  ASSIGN_OR_RETURN(DurationExprPtr inner, DurationOrHigher(0, place));
  RETURN_IF_ERROR(Expect(TokenKind::kRightParen, place).status());
  ASSIGN_OR_RETURN(DurationExprPtr paren, NewDuration(Op::kParen, begin));
  paren->lhs = std::move(inner);
  return paren;
}

// step() and range()
absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::QueryTime(Place place) {
  const Token name = Take();
  RETURN_IF_ERROR(Expect(TokenKind::kLeftParen, place).status());
  RETURN_IF_ERROR(Expect(TokenKind::kRightParen, place).status());
  return NewDuration(name.kind == TokenKind::kStep ? Op::kStep : Op::kRange, name.begin);
}

// min_of(a, b) and max_of(a, b)
absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::Extreme(Place place) {
  const Token name = Take();
  RETURN_IF_ERROR(Expect(TokenKind::kLeftParen, place).status());
  ASSIGN_OR_RETURN(DurationExprPtr lhs, DurationOrHigher(0, place));
  RETURN_IF_ERROR(Expect(TokenKind::kComma, place).status());
  ASSIGN_OR_RETURN(DurationExprPtr rhs, DurationOrHigher(0, place));
  RETURN_IF_ERROR(Expect(TokenKind::kRightParen, place).status());
  ASSIGN_OR_RETURN(
      DurationExprPtr extreme,
      NewDuration(name.kind == TokenKind::kMinOf ? Op::kMinOf : Op::kMaxOf, name.begin));
  extreme->lhs = std::move(lhs);
  extreme->rhs = std::move(rhs);
  return extreme;
}

absl::Status SyntaxParser::CheckDivisor(const Token& op, const DurationExpr& divisor) const {
  if (!IsLiteral(divisor) || divisor.seconds != 0) {
    return absl::OkStatus();
  }
  if (op.kind == TokenKind::kDivide) {
    return Error(op.begin, "division by zero");
  }
  return op.kind == TokenKind::kModulo ? Error(op.begin, "modulo by zero") : absl::OkStatus();
}

// A node that reaches from `begin` to the last token; an error when there are too many.
absl::StatusOr<SyntaxParser::DurationExprPtr> SyntaxParser::NewDuration(DurationExpr::Op op,
                                                                        uint32_t begin) {
  if (++duration_nodes_ > kMaxDurationNodes) {
    return Error(begin, "duration expression is too long");
  }
  auto expr = std::make_unique<DurationExpr>();
  expr->op = op;
  expr->position = From(begin);
  return expr;
}

// The value of a number or duration token.
absl::StatusOr<double> SyntaxParser::LiteralSeconds(const Token& token) const {
  if (token.kind == TokenKind::kDuration) {
    const absl::StatusOr<int64_t> ms = ParseDurationMs(token.text);
    return ms.ok() ? absl::StatusOr<double>(static_cast<double>(*ms) / 1000)
                   : Error(token.begin, base::Message(ms.status()));
  }
  const absl::StatusOr<double> value = ParseNumber(token.text);
  return value.ok() ? value : Error(token.begin, base::Message(value.status()));
}

}  // namespace tidemark::query
