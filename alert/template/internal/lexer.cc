#include "alert/template/internal/lexer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "alert/template/text_case.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::alert::templates {
namespace {

constexpr std::string_view kLeft = "{{";
constexpr std::string_view kRight = "}}";
constexpr std::string_view kSpaces = " \t\r\n";
constexpr size_t kTrimMarkerBytes = 2;  // the minus sign and the space next to it

constexpr std::pair<std::string_view, TokenKind> kWords[] = {
    {"true", TokenKind::kBool},     {"false", TokenKind::kBool},
    {"block", TokenKind::kBlock},   {"break", TokenKind::kBreak},
    {"define", TokenKind::kDefine}, {"continue", TokenKind::kContinue},
    {"else", TokenKind::kElse},     {"end", TokenKind::kEndClause},
    {"if", TokenKind::kIf},         {"nil", TokenKind::kNil},
    {"range", TokenKind::kRange},   {"template", TokenKind::kTemplate},
    {"with", TokenKind::kWith},
};

bool IsSpace(char c) { return kSpaces.find(c) != std::string_view::npos; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

TokenKind KindOfWord(std::string_view word) {
  const auto* it = std::find_if(std::begin(kWords), std::end(kWords),
                                [&](const auto& w) { return w.first == word; });
  return it == std::end(kWords) ? TokenKind::kIdentifier : it->second;
}

// Lexer walks the text once. A token reaches from start_ to at_.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> Run() {
    while (!done_) {
      if (in_action_) {
        InAction();
      } else {
        OutsideOfActions();
      }
    }
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return text_.substr(at_); }
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool LooksAt(std::string_view what) const { return rest().starts_with(what); }

  // The character here; kInvalidRune at the end.
  query::Rune PeekRune() const {
    return at_end() ? query::Rune{query::kInvalidRune, 0} : query::DecodeRune(rest());
  }

  void Emit(TokenKind kind) {
    tokens_.push_back({kind, start_, line_, std::string(text_.substr(start_, at_ - start_))});
    Skip();
    done_ = kind == TokenKind::kEnd;
  }

  // Leaves out what has been read since the last token.
  void Skip() {
    const auto begin = text_.begin() + static_cast<ptrdiff_t>(start_);
    line_ += static_cast<int>(std::count(begin, text_.begin() + static_cast<ptrdiff_t>(at_), '\n'));
    start_ = at_;
  }

  void Fail(std::string message) {
    tokens_.push_back({TokenKind::kError, start_, line_, std::move(message)});
    done_ = true;
  }

  // Bytes of space from `at_` on.
  size_t SpacesAhead() const {
    const size_t n = rest().find_first_not_of(kSpaces);
    return n == std::string_view::npos ? rest().size() : n;
  }

  bool AtLeftTrimMarker() const {
    return rest().size() >= kTrimMarkerBytes && text_[at_] == '-' && IsSpace(text_[at_ + 1]);
  }
  bool AtRightTrimMarker() const {
    return rest().size() >= kTrimMarkerBytes && IsSpace(text_[at_]) && text_[at_ + 1] == '-' &&
           rest().substr(kTrimMarkerBytes).starts_with(kRight);
  }
  bool AtRightDelimiter() const { return LooksAt(kRight) || AtRightTrimMarker(); }

  void OutsideOfActions() {
    const size_t left = text_.find(kLeft, at_);
    if (left == std::string_view::npos) {
      at_ = text_.size();
      if (at_ > start_) {
        Emit(TokenKind::kText);
      }
      Emit(TokenKind::kEnd);
      return;
    }
    EmitTextBefore(left);
    LeftDelimiter();
  }

  void EmitTextBefore(size_t left) {
    at_ = left + kLeft.size();
    size_t end = left;
    if (AtLeftTrimMarker()) {
      while (end > start_ && IsSpace(text_[end - 1])) {
        --end;
      }
    }
    at_ = end;
    if (at_ > start_) {
      Emit(TokenKind::kText);
    }
    at_ = left;
    Skip();
  }

  void LeftDelimiter() {
    at_ += kLeft.size();
    const size_t marker = AtLeftTrimMarker() ? kTrimMarkerBytes : 0;
    if (rest().substr(marker).starts_with("/*")) {
      at_ += marker;
      Skip();
      Comment();
      return;
    }
    Emit(TokenKind::kLeftDelimiter);
    at_ += marker;
    Skip();
    in_action_ = true;
    parens_ = 0;
  }

  void Comment() {
    const size_t end = text_.find("*/", at_ + 2);
    if (end == std::string_view::npos) {
      Fail("unclosed comment");
      return;
    }
    at_ = end + 2;
    if (!AtRightDelimiter()) {
      Fail("comment ends before closing delimiter");
      return;
    }
    Skip();
    PassRightDelimiter();
  }

  // Steps over the delimiter and what its trim marker takes away.
  void PassRightDelimiter() {
    const bool trims = AtRightTrimMarker();
    at_ += (trims ? kTrimMarkerBytes : 0) + kRight.size();
    if (trims) {
      at_ += SpacesAhead();
    }
    Skip();
  }

  void RightDelimiter() {
    if (parens_ > 0) {
      Fail("unclosed left paren");
      return;
    }
    tokens_.push_back({TokenKind::kRightDelimiter, start_ + (AtRightTrimMarker() ? 2 : 0), line_,
                       std::string(kRight)});
    PassRightDelimiter();
    in_action_ = false;
  }

  void InAction() {
    if (AtRightDelimiter()) {
      RightDelimiter();
    } else if (at_end()) {
      Fail("unclosed action");
    } else if (IsSpace(peek())) {
      Space();
    } else {
      Symbol(peek());
    }
  }

  void Symbol(char c) {
    if (c == '"' || c == '\'') {
      Quoted(c);
    } else if (c == '`') {
      RawString();
    } else if (c == '$') {
      Advance(1);
      FieldOrVariable(TokenKind::kVariable);
    } else if (c == '.' && (at_ + 1 >= text_.size() || !IsDigit(text_[at_ + 1]))) {
      Advance(1);
      FieldOrVariable(TokenKind::kField);
    } else if (c == '.' || c == '+' || c == '-' || IsDigit(c)) {
      Number();
    } else if (IsNameRune(PeekRune().value)) {
      Word();
    } else {
      Punctuation(c);
    }
  }

  void Advance(size_t bytes) { at_ += bytes; }

  void EmitBytes(size_t bytes, TokenKind kind) {
    Advance(bytes);
    Emit(kind);
  }

  void Punctuation(char c) {
    if (c == '=') {
      EmitBytes(1, TokenKind::kAssign);
    } else if (c == ':') {
      LooksAt(":=") ? EmitBytes(2, TokenKind::kDeclare) : Fail("expected :=");
    } else if (c == '|') {
      EmitBytes(1, TokenKind::kPipe);
    } else if (c == '(') {
      ++parens_;
      EmitBytes(1, TokenKind::kLeftParen);
    } else if (c == ')') {
      --parens_ < 0 ? Fail("unexpected right paren") : EmitBytes(1, TokenKind::kRightParen);
    } else if (c > ' ' && c < 0x7F) {
      EmitBytes(1, TokenKind::kCharacter);
    } else {
      Fail(fmt::format("unrecognized character in action: {}",
                       query::DescribeRune(PeekRune().value)));
    }
  }

  // All spaces but one that belongs to a trim marker.
  void Space() {
    while (IsSpace(peek()) && !AtRightTrimMarker()) {
      Advance(1);
    }
    if (at_ > start_) {
      Emit(TokenKind::kSpace);
    }
  }

  bool AtTerminator() const {
    return at_end() || IsSpace(peek()) ||
           std::string_view(".,|:)(").find(peek()) != std::string_view::npos || LooksAt(kRight);
  }

  void AdvanceName() {
    while (IsNameRune(PeekRune().value)) {
      Advance(PeekRune().bytes);
    }
  }

  bool EndsName() {
    if (!AtTerminator()) {
      Fail(fmt::format("bad character {}", query::DescribeRune(PeekRune().value)));
      return false;
    }
    return true;
  }

  void FieldOrVariable(TokenKind kind) {
    if (AtTerminator()) {
      Emit(kind == TokenKind::kField ? TokenKind::kDot : kind);
      return;
    }
    AdvanceName();
    if (EndsName()) {
      Emit(kind);
    }
  }

  void Word() {
    AdvanceName();
    if (EndsName()) {
      Emit(KindOfWord(text_.substr(start_, at_ - start_)));
    }
  }

  void Quoted(char quote) {
    const bool is_string = quote == '"';
    for (Advance(1); !at_end() && peek() != '\n'; Advance(1)) {
      if (peek() == quote) {
        EmitBytes(1, is_string ? TokenKind::kString : TokenKind::kRuneConstant);
        return;
      }
      if (peek() == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
        Advance(1);
      }
    }
    Fail(is_string ? "unterminated quoted string" : "unterminated character constant");
  }

  void RawString() {
    const size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) {
      Fail("unterminated raw quoted string");
      return;
    }
    at_ = end + 1;
    Emit(TokenKind::kRawString);
  }

  bool AcceptOne(std::string_view set) {
    const bool accepted = !at_end() && set.find(peek()) != std::string_view::npos;
    at_ += accepted ? 1 : 0;
    return accepted;
  }
  void AcceptAll(std::string_view set) {
    while (AcceptOne(set)) {
    }
  }

  // The digits that follow a prefix like 0x.
  std::string_view DigitsAfterPrefix() {
    if (!AcceptOne("0")) {
      return "0123456789_";
    }
    if (AcceptOne("xX")) {
      return "0123456789abcdefABCDEF_";
    }
    if (AcceptOne("oO")) {
      return "01234567_";
    }
    return AcceptOne("bB") ? "01_" : "0123456789_";
  }

  void Number() {
    AcceptOne("+-");
    const std::string_view digits = DigitsAfterPrefix();
    AcceptAll(digits);
    if (AcceptOne(".")) {
      AcceptAll(digits);
    }
    const bool decimal = digits == "0123456789_";
    if (AcceptOne(decimal ? "eE" : digits.size() > 10 ? "pP" : "")) {
      AcceptOne("+-");
      AcceptAll("0123456789_");
    }
    const bool bad = IsNameRune(PeekRune().value) || peek() == '+' || peek() == '-';
    if (bad) {
      Advance(PeekRune().bytes);
      Fail(fmt::format("bad number syntax: {}", query::Quote(text_.substr(start_, at_ - start_))));
      return;
    }
    Emit(TokenKind::kNumber);
  }

  const std::string_view text_;
  size_t start_ = 0;
  size_t at_ = 0;
  int line_ = 1;  // of start_
  int parens_ = 0;
  bool in_action_ = false;
  bool done_ = false;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> Lex(std::string_view text) { return Lexer(text).Run(); }

}  // namespace tidemark::alert::templates
