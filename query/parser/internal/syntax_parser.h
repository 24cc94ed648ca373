// SyntaxParser builds the tree of an expression by recursive descent.
//
// Precedence, weakest first: or; and unless; comparisons; + -; * / % atan2 and signs; ^ (from the
// right); offset, @, [...]. It checks shapes only; types are the TypeChecker's. It stops at the
// first error. One object parses one text; the text must outlive it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/parser/ast.h"
#include "query/parser/internal/lexer.h"
#include "query/parser/parser.h"

namespace tidemark::query {

class SyntaxParser {
 public:
  SyntaxParser(std::string_view text, const ParserOptions& options)
      : text_(text), options_(options), lexer_(text) {}

  // The whole text as an expression.
  absl::StatusOr<ExprPtr> Expression();
  // The whole text as a metric selector.
  absl::StatusOr<std::unique_ptr<VectorSelector>> Selector();

 private:
  using DurationExprPtr = std::unique_ptr<DurationExpr>;

  // Where a word was not expected, as the message says it.
  struct Place {
    std::string_view where;
    std::string_view expected;
  };

  // Bounds the recursion: every way down that the text can repeat passes one.
  class Level;

  // expression_syntax.cc
  absl::StatusOr<ExprPtr> BinaryOrHigher(int min_precedence);
  absl::StatusOr<ExprPtr> SignedOrHigher();
  absl::StatusOr<ExprPtr> Suffixed();
  absl::StatusOr<ExprPtr> Primary();
  absl::StatusOr<ExprPtr> Number();
  absl::StatusOr<ExprPtr> String();
  absl::StatusOr<ExprPtr> Parenthesized();
  absl::StatusOr<ExprPtr> Named();
  absl::StatusOr<ExprPtr> CallOf(const Token& name);
  absl::StatusOr<ExprPtr> AggregateOf(const Token& name);
  absl::Status Grouping(Aggregate* aggregate);
  absl::Status AggregateArguments(std::vector<ExprPtr> args, Aggregate* aggregate);
  absl::StatusOr<std::vector<ExprPtr>> Arguments();
  absl::Status Modifiers(Binary* binary);
  absl::Status GroupModifier(VectorMatching* matching);
  absl::Status FillModifiers(VectorMatching* matching);
  absl::StatusOr<double> FillValue();
  absl::StatusOr<std::vector<std::string>> LabelList();
  absl::StatusOr<std::string> LabelOfList();

  // selector_syntax.cc
  absl::StatusOr<std::unique_ptr<VectorSelector>> SelectorOf(const Token& name);
  absl::Status Braces(VectorSelector* selector);
  absl::Status MatcherInBraces(std::optional<std::string>* quoted_name, VectorSelector* selector);
  absl::Status AddQuotedName(uint32_t begin, std::string name,
                             std::optional<std::string>* quoted_name, VectorSelector* selector);
  absl::Status AddMatcher(uint32_t begin, model::MatchType type, std::string label,
                          std::string value, VectorSelector* selector);
  absl::StatusOr<ExprPtr> Brackets(ExprPtr expr);
  absl::StatusOr<ExprPtr> RangeOf(ExprPtr expr, uint32_t bracket, Duration range);
  absl::StatusOr<ExprPtr> SubqueryOf(ExprPtr expr, Duration range);
  absl::Status Offset(Expr* expr);
  absl::Status At(Expr* expr);
  absl::Status AtQueryBound(TimeShift* shift);
  absl::Status AtTime(uint32_t expr_begin, TimeShift* shift);
  absl::Status Extend(Expr* expr);

  // duration_syntax.cc
  absl::StatusOr<Duration> PositiveDuration(Place place);
  absl::StatusOr<Duration> OffsetDuration();
  absl::StatusOr<DurationExprPtr> DurationOrHigher(int min_precedence, Place place);
  absl::StatusOr<DurationExprPtr> SignedDuration(Place place);
  absl::StatusOr<DurationExprPtr> WithSign(const Token& sign, DurationExprPtr operand);
  absl::StatusOr<DurationExprPtr> DurationPrimary(Place place);
  absl::StatusOr<DurationExprPtr> DurationLiteral();
  absl::StatusOr<DurationExprPtr> DurationParens(Place place);
  absl::StatusOr<DurationExprPtr> QueryTime(Place place);
  absl::StatusOr<DurationExprPtr> Extreme(Place place);
  absl::Status CheckDivisor(const Token& op, const DurationExpr& divisor) const;
  absl::StatusOr<DurationExprPtr> NewDuration(DurationExpr::Op op, uint32_t begin);
  absl::StatusOr<double> LiteralSeconds(const Token& token) const;

  const Token& Peek();
  bool PeekIs(TokenKind kind) { return Peek().kind == kind; }
  Token Take();
  // The next token if it is of that kind, else what Unexpected() says.
  absl::StatusOr<Token> Expect(TokenKind kind, Place place);
  // An error about the next token; the lexer's own, if that is what it is.
  absl::Status Unexpected(Place place);
  absl::Status Unexpected() { return Unexpected({aggregates_ > 0 ? "aggregation" : "", ""}); }
  absl::Status Error(uint32_t offset, std::string_view message) const;

  // Sets the node's place and depth; an error if the tree has become too deep.
  absl::Status Finish(PositionRange position, const Expr* deepest_child, Expr* expr) const;
  // From the begin of `first` to the end of the last token taken.
  PositionRange From(uint32_t begin) const { return {begin, last_end_}; }

  const std::string_view text_;
  const ParserOptions options_;
  Lexer lexer_;
  Token next_;
  bool peeked_ = false;
  uint32_t last_end_ = 0;  // of the last token taken
  int level_ = 0;
  int aggregates_ = 0;      // whose arguments are being parsed
  int duration_nodes_ = 0;  // of the duration being parsed
};

class SyntaxParser::Level {
 public:
  explicit Level(SyntaxParser* parser) : parser_(parser) { ++parser_->level_; }
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
  ~Level() { --parser_->level_; }

  absl::Status Check();

 private:
  SyntaxParser* const parser_;
};

}  // namespace tidemark::query
