// The words of PromQL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "query/parser/position.h"

namespace tidemark::query {

enum class TokenKind : uint8_t {
  kEnd,    // of the text
  kError,  // the lexer has the message
  kIdentifier,
  kMetricIdentifier,  // with a colon in it
  kNumber,
  kDuration,
  kString,  // quotes included
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  kComma,
  kColon,
  kAssign,  // =
  // Operators.
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kTrimUpper,  // </
  kTrimLower,  // >/
  kMatch,      // =~
  kNotMatch,   // !~
  kAt,
  kAnd,
  kOr,
  kUnless,
  kAtan2,
  // sum, topk, ...
  kAggregator,
  // Keywords.
  kBool,
  kBy,
  kWithout,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kOffset,
  kAnchored,
  kSmoothed,
  kFill,
  kFillLeft,
  kFillRight,
  // Names that mean something in durations and after @, and are ordinary elsewhere.
  kStart,
  kEndOfQuery,
  kStep,
  kRange,
  kMinOf,
  kMaxOf,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  uint32_t begin = 0;     // in the query text
  std::string_view text;  // a piece of the query text

  uint32_t end() const { return begin + static_cast<uint32_t>(text.size()); }
  PositionRange position() const { return {begin, end()}; }
};

// What a message calls the token: `identifier "foo"`, `<op:+>`, `end of input`.
std::string Describe(const Token& token);

// The keyword, named operator or aggregator that `word` is, in any case; kNumber for inf and nan;
// kIdentifier when it is none of them.
TokenKind KeywordKind(std::string_view word);

// Whether the word may stand where a metric name is expected.
bool CanBeMetricName(TokenKind kind);
// Whether the word may stand, unquoted, in by(), on() and the like.
bool CanBeLabelName(TokenKind kind);

}  // namespace tidemark::query
