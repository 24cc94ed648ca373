#include "query/parser/internal/lexer.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::query {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsLetter(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsWordCharacter(char c) { return IsLetter(c) || IsDigit(c); }
bool IsHexDigit(char c) { return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool IsOneOf(char c, std::string_view set) {
  return c != '\0' && set.find(c) != std::string_view::npos;
}

// The operators and marks of one character that need no second look; kError for others.
TokenKind SingleCharacter(char c) {
  switch (c) {
    case ',':
      return TokenKind::kComma;
    case '+':
      return TokenKind::kAdd;
    case '-':
      return TokenKind::kSubtract;
    case '*':
      return TokenKind::kMultiply;
    case '/':
      return TokenKind::kDivide;
    case '%':
      return TokenKind::kModulo;
    case '^':
      return TokenKind::kPower;
    case '@':
      return TokenKind::kAt;
    default:
      return TokenKind::kError;
  }
}

}  // namespace

Token Lexer::Next() {
  if (failed_) {
    return {TokenKind::kError, static_cast<uint32_t>(start_), {}};
  }
  SkipBlanks();
  start_ = pos_;
  if (in_braces_) {
    return InsideBraces();
  }
  return bracket_ == Bracket::kBeforeNumber ? BracketStart() : Statement();
}

Token Lexer::Statement() {
  if (done()) {
    return AtEnd();
  }
  const char c = Peek();
  if (const TokenKind kind = SingleCharacter(c); kind != TokenKind::kError) {
    return Take(1, kind);
  }
  if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
    return NumberOrDuration();
  }
  if (IsLetter(c)) {
    return bracket_ == Bracket::kNone ? Word() : DurationWord();
  }
  switch (c) {
    case ':':
      return bracket_ == Bracket::kNone ? Word() : Colon();
    case '=':
      return Equals();
    case '!':
      return Exclamation();
    case '<':
    case '>':
      return Angle(c);
    case '"':
    case '\'':
    case '`':
      return String(c);
    case '(':
      return OpenParen();
    case ')':
      return CloseParen();
    case '{':
      in_braces_ = true;
      return Take(1, TokenKind::kLeftBrace);
    case '[':
      return OpenBracket();
    case ']':
      return CloseBracket();
    default:
      return UnexpectedCharacter("");
  }
}

// Within braces: names, strings and the matching operators.
Token Lexer::InsideBraces() {
  if (done()) {
    return Fail("unexpected end of input inside braces");
  }
  const char c = Peek();
  if (IsLetter(c)) {
    return Identifier();
  }
  switch (c) {
    case ',':
      return Take(1, TokenKind::kComma);
    case '"':
    case '\'':
    case '`':
      return String(c);
    case '=':
      return Peek(1) == '~' ? Take(2, TokenKind::kMatch) : Take(1, TokenKind::kAssign);
    case '!':
      if (Peek(1) == '~' || Peek(1) == '=') {
        return Take(2, Peek(1) == '~' ? TokenKind::kNotMatch : TokenKind::kNotEqual);
      }
      ++pos_;
      return Fail(
          fmt::format("unexpected character after '!' inside braces: {}", QuoteRune(PeekRune())));
    case '{':
      return Fail("unexpected left brace '{'");
    case '}':
      in_braces_ = false;
      return Take(1, TokenKind::kRightBrace);
    default:
      return UnexpectedCharacter(" inside braces");
  }
}

// After '[' and before its first number: only what a duration may begin with.
Token Lexer::BracketStart() {
  if (done()) {
    return Fail("unexpected end of input in duration expression");
  }
  const char c = Peek();
  if (const TokenKind kind = SingleCharacter(c);
      kind != TokenKind::kError && kind != TokenKind::kAt) {
    return Take(1, kind);
  }
  if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
    return NumberOrDuration();
  }
  switch (c) {
    case '(':
      return OpenParen();
    case ')':
      return CloseParen();
    case ']':
      return CloseBracket();
    case ':':
      return Fail("unexpected colon before duration in duration expression");
    default:
      return IsLetter(c) ? DurationWord() : UnexpectedCharacter(" in duration expression");
  }
}

Token Lexer::AtEnd() {
  if (open_parens_ > 0) {
    return Fail("unclosed left parenthesis");
  }
  if (bracket_ != Bracket::kNone) {
    return Fail("unclosed left bracket");
  }
  return Emit(TokenKind::kEnd);
}

Token Lexer::OpenParen() {
  ++open_parens_;
  return Take(1, TokenKind::kLeftParen);
}

Token Lexer::CloseParen() {
  if (open_parens_ == 0) {
    start_ = pos_ + 1;  // where Prometheus places it
    return Fail("unexpected right parenthesis ')'");
  }
  --open_parens_;
  return Take(1, TokenKind::kRightParen);
}

Token Lexer::OpenBracket() {
  if (bracket_ != Bracket::kNone) {
    return Fail("unexpected left bracket '['");
  }
  bracket_ = Bracket::kBeforeNumber;
  colon_seen_ = false;
  return Take(1, TokenKind::kLeftBracket);
}

Token Lexer::CloseBracket() {
  if (bracket_ == Bracket::kNone) {
    return Fail("unexpected right bracket ']'");
  }
  bracket_ = Bracket::kNone;
  return Take(1, TokenKind::kRightBracket);
}

Token Lexer::Colon() {
  if (colon_seen_) {
    return Fail("unexpected colon ':'");
  }
  colon_seen_ = true;
  return Take(1, TokenKind::kColon);
}

Token Lexer::Equals() {
  if (Peek(1) == '~') {
    return Fail("unexpected character after '=': '~'");
  }
  return Peek(1) == '=' ? Take(2, TokenKind::kEqual) : Take(1, TokenKind::kAssign);
}

Token Lexer::Exclamation() {
  if (Peek(1) == '=') {
    return Take(2, TokenKind::kNotEqual);
  }
  ++pos_;
  return Fail(fmt::format("unexpected character after '!': {}", QuoteRune(PeekRune())));
}

Token Lexer::Angle(char first) {
  const bool less = first == '<';
  switch (Peek(1)) {
    case '=':
      return Take(2, less ? TokenKind::kLessOrEqual : TokenKind::kGreaterOrEqual);
    case '/':
      return Take(2, less ? TokenKind::kTrimUpper : TokenKind::kTrimLower);
    default:
      return Take(1, less ? TokenKind::kLess : TokenKind::kGreater);
  }
}

// A string up to its closing quote. Its escapes are checked here, so that an error in them stands
// where the string begins and comes before that of a missing quote.
Token Lexer::String(char quote) {
  const absl::Status scanned = ScanString(quote);
  if (absl::IsOutOfRange(scanned)) {
    const std::string closed = std::string(text_.substr(start_, pos_ - start_)) + quote;
    const absl::Status escapes = Unquote(closed).status();
    return Fail(std::string(base::Message(escapes.ok() ? scanned : escapes)));
  }
  const absl::Status status =
      scanned.ok() ? Unquote(text_.substr(start_, pos_ - start_)).status() : scanned;
  return status.ok() ? Emit(TokenKind::kString) : Fail(std::string(base::Message(status)));
}

// Moves behind the closing quote; OutOfRange when there is none.
absl::Status Lexer::ScanString(char quote) {
  const bool raw = quote == '`';
  ++pos_;
  while (!done() && (raw || Peek() != '\n')) {
    const Rune rune = DecodeRune(text_.substr(pos_));
    if (rune.value == kInvalidRune) {
      return absl::InvalidArgumentError("invalid UTF-8 rune");
    }
    pos_ += rune.bytes;
    if (rune.value == static_cast<char32_t>(quote)) {
      return absl::OkStatus();
    }
    if (!raw && rune.value == '\\' && IsOneOf(Peek(), "\\\"'")) {
      ++pos_;
    }
  }
  return absl::OutOfRangeError(raw ? "unterminated raw string" : "unterminated quoted string");
}

Token Lexer::Identifier() {
  while (IsWordCharacter(Peek())) {
    ++pos_;
  }
  return Emit(TokenKind::kIdentifier);
}

Token Lexer::Word() {
  while (IsWordCharacter(Peek()) || Peek() == ':') {
    ++pos_;
  }
  const std::string_view word = text_.substr(start_, pos_ - start_);
  if (word.find(':') != std::string_view::npos) {
    return Emit(TokenKind::kMetricIdentifier);
  }
  const TokenKind kind = KeywordKind(word);
  const bool fills =
      kind == TokenKind::kFill || kind == TokenKind::kFillLeft || kind == TokenKind::kFillRight;
  // These came late to the language: they are keywords only where they cannot be a metric.
  return Emit(fills && !FollowedByLeftParen() ? TokenKind::kIdentifier : kind);
}

// Within brackets: step, range, min_of and max_of.
Token Lexer::DurationWord() {
  const char32_t first = PeekRune();
  while (IsWordCharacter(Peek())) {
    ++pos_;
  }
  const TokenKind kind = KeywordKind(text_.substr(start_, pos_ - start_));
  switch (kind) {
    case TokenKind::kStep:
    case TokenKind::kRange:
    case TokenKind::kMinOf:
    case TokenKind::kMaxOf:
      bracket_ = Bracket::kAfterNumber;
      return Emit(kind);
    default:
      return Fail(
          bracket_ == Bracket::kBeforeNumber
              ? fmt::format("unexpected character in duration expression: {}", QuoteRune(first))
              : fmt::format("unexpected character: {}, expected ':'", QuoteRune(first)));
  }
}

Token Lexer::NumberOrDuration() {
  if (bracket_ != Bracket::kNone) {
    bracket_ = Bracket::kAfterNumber;
  }
  if (ScanNumber()) {
    return Emit(TokenKind::kNumber);
  }
  if (ScanDuration()) {
    return Emit(TokenKind::kDuration);
  }
  return Fail(
      fmt::format("bad number or duration syntax: {}", Quote(text_.substr(start_, pos_ - start_))));
}

// Moves over digits, points, underscores and an exponent. Whether they make a number is found
// when it is read; here it only matters that no letter follows.
bool Lexer::ScanNumber() {
  if (Peek() == '0' && (Peek(1) == 'x' || Peek(1) == 'X')) {
    return ScanHexadecimal();
  }
  bool point = false;
  bool exponent = false;
  for (;;) {
    if (Accept('.')) {
      if (std::exchange(point, true) || exponent || IsOneOf(Peek(), "_.")) {
        pos_ += IsOneOf(Peek(), "_.") ? 1 : 0;
        return false;
      }
    } else if (IsOneOf(Peek(), "eE")) {
      if (std::exchange(exponent, true) || !ScanExponent()) {
        return false;
      }
    } else if (Accept('_')) {
      if (IsOneOf(Peek(), "._eE") || done()) {
        pos_ += done() ? 0 : 1;
        return false;
      }
    } else if (IsDigit(Peek())) {
      ++pos_;
    } else {
      return !IsLetter(Peek());
    }
  }
}

bool Lexer::ScanHexadecimal() {
  pos_ += 2;
  while (IsHexDigit(Peek()) || Peek() == '_') {
    ++pos_;
  }
  return !IsLetter(Peek()) && !Accept('.');
}

// The e and its sign; false when no digit can follow.
bool Lexer::ScanExponent() {
  ++pos_;
  if (IsOneOf(Peek(), "+-")) {
    ++pos_;
  }
  if (IsOneOf(Peek(), "._eE")) {
    ++pos_;
    return false;
  }
  return !done();
}

// The rest of a duration after its first number: a unit, then numbers and units in turn.
bool Lexer::ScanDuration() {
  if (!IsOneOf(Peek(), "smhdwy")) {
    return false;
  }
  ++pos_;
  Accept('s');
  while (IsDigit(Peek())) {
    while (IsDigit(Peek())) {
      ++pos_;
    }
    if (!IsOneOf(Peek(), "smhdw")) {
      return false;
    }
    ++pos_;
    Accept('s');
  }
  if (IsWordCharacter(Peek())) {
    ++pos_;
    return false;
  }
  return true;
}

void Lexer::SkipBlanks() {
  while (!done()) {
    if (IsBlank(Peek())) {
      ++pos_;
    } else if (Peek() == '#') {
      pos_ = std::min(text_.find_first_of("\r\n", pos_), text_.size());
    } else {
      return;
    }
  }
}

bool Lexer::FollowedByLeftParen() const {
  const size_t next = text_.find_first_not_of(" \t\r\n", pos_);
  return next != std::string_view::npos && text_[next] == '(';
}

Token Lexer::Emit(TokenKind kind) {
  return {kind, static_cast<uint32_t>(start_), text_.substr(start_, pos_ - start_)};
}

Token Lexer::Take(size_t bytes, TokenKind kind) {
  pos_ += bytes;
  return Emit(kind);
}

Token Lexer::Fail(std::string message) {
  failed_ = true;
  error_ = std::move(message);
  return {TokenKind::kError, static_cast<uint32_t>(start_), {}};
}

Token Lexer::UnexpectedCharacter(std::string_view where) {
  return Fail(fmt::format("unexpected character{}: {}", where, QuoteRune(PeekRune())));
}

bool Lexer::Accept(char c) {
  if (done() || Peek() != c) {
    return false;
  }
  ++pos_;
  return true;
}

char32_t Lexer::PeekRune() const {
  return done() ? kInvalidRune : DecodeRune(text_.substr(pos_)).value;
}

}  // namespace tidemark::query
