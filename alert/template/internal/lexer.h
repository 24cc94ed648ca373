// Tokens of a template's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemark::alert::templates {

enum class TokenKind : uint8_t {
  kError,  // the last token; `text` says what is wrong
  kEnd,    // the last token otherwise
  kText,   // outside of actions
  kLeftDelimiter,
  kRightDelimiter,
  kSpace,
  kAssign,
  kDeclare,
  kPipe,
  kLeftParen,
  kRightParen,
  kCharacter,  // any other printable one, such as a comma
  kString,
  kRawString,
  kRuneConstant,
  kNumber,
  kBool,
  kIdentifier,
  kField,
  kVariable,
  // keywords
  kBlock,
  kBreak,
  kContinue,
  kDefine,
  kDot,
  kElse,
  kEndClause,
  kIf,
  kNil,
  kRange,
  kTemplate,
  kWith,
};

inline constexpr TokenKind kFirstKeyword = TokenKind::kBlock;

struct Token {
  TokenKind kind = TokenKind::kEnd;
  size_t position = 0;  // in bytes
  int line = 1;
  std::string text;
};

// All tokens of `text`, the last one kEnd or kError. Comments give none; spaces next to trim
// markers are gone.
std::vector<Token> Lex(std::string_view text);

}  // namespace tidemark::alert::templates
