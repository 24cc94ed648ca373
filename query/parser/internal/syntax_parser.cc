#include "query/parser/internal/syntax_parser.h"

#include <string>

#include "fmt/format.h"
#include "query/parser/internal/parse_error.h"

namespace tidemark::query {
namespace {

// Parentheses, calls and signs within each other. Every level costs a few stack frames.
constexpr int kMaxLevel = 256;

constexpr std::string_view kTooDeep = "expression is nested too deeply";

}  // namespace

absl::Status SyntaxParser::Level::Check() {
  return parser_->level_ <= kMaxLevel ? absl::OkStatus()
                                      : parser_->Error(parser_->last_end_, kTooDeep);
}

absl::StatusOr<ExprPtr> SyntaxParser::Expression() {
  if (PeekIs(TokenKind::kEnd)) {
    return Error(0, "no expression found in input");
  }
  absl::StatusOr<ExprPtr> expr = BinaryOrHigher(0);
  if (expr.ok() && !PeekIs(TokenKind::kEnd)) {
    return Unexpected();
  }
  return expr;
}

absl::StatusOr<std::unique_ptr<VectorSelector>> SyntaxParser::Selector() {
  Token name;
  if (CanBeMetricName(Peek().kind)) {
    name = Take();
  } else if (!PeekIs(TokenKind::kLeftBrace)) {
    return Unexpected();
  }
  auto selector = SelectorOf(name);
  if (selector.ok() && !PeekIs(TokenKind::kEnd)) {
    return Unexpected();
  }
  return selector;
}

const Token& SyntaxParser::Peek() {
  if (!peeked_) {
    next_ = lexer_.Next();
    peeked_ = true;
  }
  return next_;
}

Token SyntaxParser::Take() {
  const Token token = Peek();
  peeked_ = false;
  last_end_ = token.end();
  return token;
}

absl::StatusOr<Token> SyntaxParser::Expect(TokenKind kind, Place place) {
  if (!PeekIs(kind)) {
    return Unexpected(place);
  }
  return Take();
}

absl::Status SyntaxParser::Unexpected(Place place) {
  const Token& token = Peek();
  if (token.kind == TokenKind::kError) {
    return Error(token.begin, lexer_.error());
  }
  std::string message = "unexpected " + Describe(token);
  if (!place.where.empty()) {
    message.append(" in ").append(place.where);
  }
  if (!place.expected.empty()) {
    message.append(", expected ").append(place.expected);
  }
  return Error(token.begin, message);
}

absl::Status SyntaxParser::Error(uint32_t offset, std::string_view message) const {
  return ParseError(text_, offset, message);
}

absl::Status SyntaxParser::Finish(PositionRange position, const Expr* deepest_child,
                                  Expr* expr) const {
  expr->position = position;
  expr->depth = 1 + (deepest_child == nullptr ? 0 : deepest_child->depth);
  return expr->depth <= kMaxTreeDepth ? absl::OkStatus() : Error(position.begin, kTooDeep);
}

}  // namespace tidemark::query
