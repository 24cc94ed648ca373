// Lexer cuts the text of an expression into tokens.
//
// What a character means depends on where it stands: within braces every word is an identifier,
// within brackets there are only durations. Thread-compatible; the text must outlive the lexer
// and its tokens.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "query/parser/internal/token.h"

namespace tidemark::query {

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token. After kEnd or kError it gives the same again.
  Token Next();

  // What is wrong where the kError token begins.
  const std::string& error() const { return error_; }

 private:
  // What may follow at this place.
  enum class Bracket { kNone, kBeforeNumber, kAfterNumber };

  Token Statement();
  Token InsideBraces();
  Token BracketStart();
  Token OpenParen();
  Token CloseParen();
  Token OpenBracket();
  Token CloseBracket();
  Token Colon();
  Token AtEnd();
  Token Equals();
  Token Exclamation();
  Token Angle(char first);
  Token String(char quote);
  Token Word();
  Token DurationWord();
  Token NumberOrDuration();
  Token Identifier();

  absl::Status ScanString(char quote);
  bool ScanNumber();
  bool ScanHexadecimal();
  bool ScanExponent();
  bool ScanDuration();
  void SkipBlanks();
  bool FollowedByLeftParen() const;

  Token Emit(TokenKind kind);
  // A token of the next `bytes` bytes.
  Token Take(size_t bytes, TokenKind kind);
  Token Fail(std::string message);
  Token UnexpectedCharacter(std::string_view where);

  bool done() const { return pos_ >= text_.size(); }
  char Peek(size_t ahead = 0) const {
    return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0';
  }
  bool Accept(char c);
  char32_t PeekRune() const;

  const std::string_view text_;
  size_t pos_ = 0;
  size_t start_ = 0;  // of the token in hand
  int open_parens_ = 0;
  bool in_braces_ = false;
  bool colon_seen_ = false;  // since the bracket opened
  Bracket bracket_ = Bracket::kNone;
  bool failed_ = false;
  std::string error_;
};

}  // namespace tidemark::query
