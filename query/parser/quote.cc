#include "query/parser/quote.h"

#include <optional>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::query {
namespace {

constexpr char32_t kMaxRune = 0x10FFFF;
constexpr char32_t kReplacement = 0xFFFD;

bool IsSurrogate(char32_t rune) { return rune >= 0xD800 && rune <= 0xDFFF; }

bool Between(char32_t rune, char32_t first, char32_t last) { return rune >= first && rune <= last; }

// Characters a reader sees. Close to Unicode's notion; what it leaves out is shown as an escape,
// which is never wrong.
bool IsPrintable(char32_t rune) {
  if (rune < 0x7F) {
    return rune >= 0x20;
  }
  return !(rune <= 0xA0 || rune == 0xAD || Between(rune, 0x2000, 0x200F) ||
           Between(rune, 0x2028, 0x202F) || Between(rune, 0x205F, 0x206F) || rune == 0x3000 ||
           Between(rune, 0xE000, 0xF8FF) || Between(rune, 0xFDD0, 0xFDEF) || rune == 0xFEFF ||
           Between(rune, 0xFFF0, 0xFFFB) || (rune & 0xFFFE) == 0xFFFE || rune >= 0xE0000);
}

// The letter after the backslash for the characters that have one.
constexpr std::string_view kEscapeLetters = "abfnrtv";
constexpr std::string_view kEscapedCharacters = "\a\b\f\n\r\t\v";

void AppendEscaped(char32_t rune, char quote, std::string* out) {
  if (rune == static_cast<char32_t>(quote) || rune == '\\') {
    out->push_back('\\');
    out->push_back(static_cast<char>(rune));
  } else if (IsPrintable(rune)) {
    AppendRune(rune, out);
  } else if (const size_t i = rune < 0x80 ? kEscapedCharacters.find(static_cast<char>(rune))
                                          : std::string_view::npos;
             i != std::string_view::npos) {
    out->push_back('\\');
    out->push_back(kEscapeLetters[i]);
  } else if (rune < 0x80) {
    fmt::format_to(std::back_inserter(*out), "\\x{:02x}", static_cast<uint32_t>(rune));
  } else if (rune < 0x10000) {
    fmt::format_to(std::back_inserter(*out), "\\u{:04x}", static_cast<uint32_t>(rune));
  } else {
    fmt::format_to(std::back_inserter(*out), "\\U{:08x}", static_cast<uint32_t>(rune));
  }
}

int DigitValue(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : 16;
}

// Unquoter walks the inside of a quoted string.
class Unquoter {
 public:
  Unquoter(std::string_view inside, char quote) : rest_(inside), quote_(quote) {}

  absl::StatusOr<std::string> Run() {
    while (!rest_.empty()) {
      if (rest_.front() == '\\') {
        rest_.remove_prefix(1);
        RETURN_IF_ERROR(Escape());
      } else {
        out_.push_back(rest_.front());
        rest_.remove_prefix(1);
      }
    }
    return std::move(out_);
  }

 private:
  // What follows a backslash.
  absl::Status Escape() {
    if (rest_.empty()) {
      return absl::InvalidArgumentError("escape sequence not terminated");
    }
    const char c = rest_.front();
    if (c == quote_ || c == '\\') {
      return Emit(c);
    }
    if (const size_t i = kEscapeLetters.find(c); i != std::string_view::npos) {
      return Emit(kEscapedCharacters[i]);
    }
    if (c >= '0' && c <= '7') {
      return Number(3, 8);
    }
    if (c != 'x' && c != 'u' && c != 'U') {
      return absl::InvalidArgumentError(
          fmt::format("unknown escape sequence {}", DescribeRune(DecodeRune(rest_).value)));
    }
    rest_.remove_prefix(1);
    return c == 'x' ? Number(2, 16) : Number(c == 'u' ? 4 : 8, 16);
  }

  absl::Status Emit(char c) {
    out_.push_back(c);
    rest_.remove_prefix(1);
    return absl::OkStatus();
  }

  // `digits` digits: up to three of them name a byte, more a code point.
  absl::Status Number(int digits, uint32_t base) {
    uint64_t value = 0;
    for (int i = 0; i < digits; ++i) {
      // Behind the last character stands the quote.
      const Rune rune = rest_.empty() ? Rune{static_cast<char32_t>(quote_), 1} : DecodeRune(rest_);
      const auto digit = static_cast<uint32_t>(rest_.empty() ? 16 : DigitValue(rest_.front()));
      if (digit >= base) {
        return absl::InvalidArgumentError(
            fmt::format("illegal character {} in escape sequence", DescribeRune(rune.value)));
      }
      value = value * base + digit;
      rest_.remove_prefix(1);
    }
    return Put(value, digits <= 3);
  }

  absl::Status Put(uint64_t value, bool is_byte) {
    if (value > (is_byte ? 0xFF : kMaxRune) || IsSurrogate(static_cast<char32_t>(value))) {
      return absl::InvalidArgumentError("escape sequence is an invalid Unicode code point");
    }
    if (is_byte) {
      out_.push_back(static_cast<char>(value));
    } else {
      AppendRune(static_cast<char32_t>(value), &out_);
    }
    return absl::OkStatus();
  }

  std::string_view rest_;
  char quote_;
  std::string out_;
};

}  // namespace

Rune DecodeRune(std::string_view text) {
  const auto byte = [text](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return {first, 1};
  }
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (first < 0xC2 || first > 0xF4 || text.size() < bytes) {
    return {};
  }
  char32_t rune = first & (0x7FU >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return {};
    }
    rune = (rune << 6) | (byte(i) & 0x3F);
  }
  if (rune < kSmallest[bytes] || rune > kMaxRune || IsSurrogate(rune)) {
    return {};
  }
  return {rune, bytes};
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    if (rune.value == kInvalidRune) {
      return false;
    }
    text.remove_prefix(rune.bytes);
  }
  return true;
}

void AppendRune(char32_t rune, std::string* out) {
  const auto put = [out](char32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (rune < 0x80) {
    put(rune);
    return;
  }
  if (rune < 0x800) {
    put(0xC0 | (rune >> 6));
  } else {
    if (rune < 0x10000) {
      put(0xE0 | (rune >> 12));
    } else {
      put(0xF0 | (rune >> 18));
      put(0x80 | ((rune >> 12) & 0x3F));
    }
    put(0x80 | ((rune >> 6) & 0x3F));
  }
  put(0x80 | (rune & 0x3F));
}

std::string_view FirstRunes(std::string_view text, size_t count) {
  size_t bytes = 0;
  for (size_t i = 0; i < count && bytes < text.size(); ++i) {
    bytes += DecodeRune(text.substr(bytes)).bytes;
  }
  return text.substr(0, bytes);
}

std::string Quote(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    if (rune.value == kInvalidRune) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(text[0]));
    } else {
      AppendEscaped(rune.value, '"', &out);
    }
    text.remove_prefix(rune.bytes);
  }
  out.push_back('"');
  return out;
}

std::string QuoteRune(char32_t rune) {
  std::string out = "'";
  AppendEscaped(rune == kInvalidRune ? kReplacement : rune, '\'', &out);
  out.push_back('\'');
  return out;
}

std::string DescribeRune(char32_t rune) {
  const char32_t shown = rune == kInvalidRune ? kReplacement : rune;
  std::string out = fmt::format("U+{:04X}", static_cast<uint32_t>(shown));
  if (IsPrintable(shown)) {
    out.append(" '");
    AppendRune(shown, &out);
    out.push_back('\'');
  }
  return out;
}

absl::StatusOr<std::string> Unquote(std::string_view token) {
  const char quote = token.front();
  const std::string_view inside = token.substr(1, token.size() - 2);
  if (quote == '`') {
    return std::string(inside);
  }
  return Unquoter(inside, quote).Run();
}

}  // namespace tidemark::query
