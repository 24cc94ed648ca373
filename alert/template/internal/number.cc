#include "alert/template/internal/number.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "absl/strings/match.h"
#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::alert::templates {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

// Takes the bytes of `set` from the front of `text`; how many there were.
size_t Take(std::string_view set, std::string_view* text) {
  const size_t end = std::min(text->find_first_not_of(set), text->size());
  text->remove_prefix(end);
  return end;
}

bool TakeOne(std::string_view set, std::string_view* text) {
  const bool found = !text->empty() && set.find(text->front()) != std::string_view::npos;
  text->remove_prefix(found ? 1 : 0);
  return found;
}

bool IsHex(std::string_view unsigned_text) {
  return unsigned_text.starts_with("0x") || unsigned_text.starts_with("0X");
}

// Whether `text`, without its sign, has the form of a number; 0x needs an exponent.
bool HasFloatForm(std::string_view text) {
  const bool hex = IsHex(text);
  text.remove_prefix(hex ? 2 : 0);
  const std::string_view digits = hex ? kHexDigits : kDigits;
  size_t count = Take(digits, &text);
  if (TakeOne(".", &text)) {
    count += Take(digits, &text);
  }
  const bool exponent = TakeOne(hex ? "pP" : "eE", &text);
  if (exponent) {
    TakeOne("+-", &text);
    if (Take(kDigits, &text) == 0) {
      return false;
    }
  }
  return count > 0 && text.empty() && (exponent || !hex);
}

absl::Status FloatError(std::string_view text, std::string_view cause) {
  return absl::InvalidArgumentError(
      fmt::format("strconv.ParseFloat: parsing {}: {}", query::Quote(text), cause));
}

// Reads a text that has the form of a number.
absl::StatusOr<double> ReadFloat(std::string_view unsigned_text) {
  const bool hex = IsHex(unsigned_text);
  const std::string_view digits = unsigned_text.substr(hex ? 2 : 0);
  double value = 0;
  const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value,
                                      hex ? std::chars_format::hex : std::chars_format::general);
  if (result.ec != std::errc::result_out_of_range) {
    return value;
  }
  const double nearest = std::strtod(std::string(unsigned_text).c_str(), nullptr);
  if (std::isinf(nearest)) {
    return absl::OutOfRangeError("value out of range");
  }
  return nearest;
}

// Underscores stand between digits, or between a prefix and a digit.
bool UnderscoresFit(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto is_digit = [&](size_t at) {
      return at < text.size() && kHexDigits.find(text[at]) != std::string_view::npos;
    };
    const bool after_prefix =
        i == 2 && std::string_view("xXoObB").find(text[1]) != std::string_view::npos;
    if (text[i] == '_' && !(i > 0 && (is_digit(i - 1) || after_prefix) && is_digit(i + 1))) {
      return false;
    }
  }
  return true;
}

struct Base {
  int base;
  size_t prefix;  // bytes
};

Base BaseOf(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') {
    return {10, 0};
  }
  switch (text[1] | 0x20) {
    case 'x':
      return {16, 2};
    case 'o':
      return {8, 2};
    case 'b':
      return {2, 2};
    default:
      return {8, 1};
  }
}

// The integer that `text`, without sign and underscores, spells.
std::optional<int64_t> ReadInteger(std::string_view text, bool negative) {
  const Base base = BaseOf(text);
  const std::string digits = (negative ? "-" : "") + std::string(text.substr(base.prefix));
  int64_t value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, base.base);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole ? std::optional(value) : std::nullopt;
}

bool LooksReal(std::string_view unsigned_text) {
  return unsigned_text.find_first_of(IsHex(unsigned_text) ? "pP" : ".eEpP") !=
         std::string_view::npos;
}

absl::Status LiteralError(std::string_view cause, std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", cause, query::Quote(text)));
}

std::optional<int64_t> WholeNumber(double value) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  const bool whole = std::trunc(value) == value && value >= -kLimit && value < kLimit;
  return whole ? std::optional(static_cast<int64_t>(value)) : std::nullopt;
}

absl::StatusOr<NumberLiteral> ReadReal(std::string_view text, std::string_view plain,
                                       bool negative) {
  if (!HasFloatForm(plain)) {
    return LiteralError("illegal number syntax", text);
  }
  if (!LooksReal(plain)) {
    return LiteralError("integer overflow", text);
  }
  const auto value = ReadFloat(plain);
  if (!value.ok()) {
    return LiteralError("illegal number syntax", text);
  }
  NumberLiteral literal;
  literal.real = negative ? -*value : *value;
  literal.integer = WholeNumber(*literal.real);
  literal.written_as_real = true;
  return literal;
}

// The digits of the shortest text, d.ddd without the point, and the power of ten of the first.
struct Shortest {
  std::string digits;
  int exponent;
};

Shortest ShortestDigits(double magnitude) {
  std::array<char, 32> buffer;
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), magnitude,
                                          std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(end - buffer.data()));
  const size_t e = text.find('e');
  Shortest shortest{std::string(text.substr(0, 1)),
                    std::atoi(std::string(text.substr(e + 1)).c_str())};
  if (e > 2) {
    shortest.digits += text.substr(2, e - 2);
  }
  return shortest;
}

std::string ScientificText(const Shortest& shortest) {
  std::string text = shortest.digits.substr(0, 1);
  if (shortest.digits.size() > 1) {
    text += "." + shortest.digits.substr(1);
  }
  return fmt::format("{}e{}{:02}", text, shortest.exponent < 0 ? '-' : '+',
                     std::abs(shortest.exponent));
}

std::string PlainText(const Shortest& shortest) {
  const auto& [digits, exponent] = shortest;
  if (exponent < 0) {
    return "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  }
  const size_t whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    return digits + std::string(whole - digits.size(), '0');
  }
  return digits.substr(0, whole) + "." + digits.substr(whole);
}

std::string ShortestText(double magnitude, char verb) {
  constexpr int kFirstScientific = 6;
  const Shortest shortest = ShortestDigits(magnitude);
  if (verb == 'f') {
    return PlainText(shortest);
  }
  const bool scientific =
      verb == 'e' || shortest.exponent < -4 || shortest.exponent >= kFirstScientific;
  return scientific ? ScientificText(shortest) : PlainText(shortest);
}

// 4503599627370496p-52
std::string BinaryText(double magnitude) {
  int exponent = 0;
  const double fraction = std::frexp(magnitude, &exponent);
  const auto mantissa = static_cast<int64_t>(std::ldexp(fraction, 53));
  return fmt::format("{}p{:+}", mantissa, exponent - 53);
}

// 0x1.8p+01
std::string HexText(double magnitude, int precision) {
  std::string text =
      precision < 0 ? fmt::format("{:a}", magnitude) : fmt::format("{:.{}a}", magnitude, precision);
  const size_t digits = text.find('p') + 2;
  if (text.size() - digits < 2) {
    text.insert(digits, "0");
  }
  return text;
}

std::string FixedPrecisionText(double magnitude, char verb, int precision, bool keep_point) {
  const std::array<char, 6> format = {'%',
                                      keep_point ? '#' : '.',
                                      keep_point ? '.' : '*',
                                      keep_point ? '*' : verb,
                                      keep_point ? verb : '\0',
                                      '\0'};
  const int size = std::snprintf(nullptr, 0, format.data(), precision, magnitude);
  std::string text(static_cast<size_t>(size) + 1, '\0');
  std::snprintf(text.data(), text.size(), format.data(), precision, magnitude);
  text.pop_back();
  return text;
}

std::string MagnitudeText(double magnitude, char verb, int precision, bool keep_point) {
  if (verb == 'b') {
    return BinaryText(magnitude);
  }
  if (verb == 'x') {
    return HexText(magnitude, precision);
  }
  if (precision < 0 && keep_point) {
    precision = 6;
  }
  return precision < 0 ? ShortestText(magnitude, verb)
                       : FixedPrecisionText(magnitude, verb, precision, keep_point);
}

}  // namespace

absl::StatusOr<NumberLiteral> ParseNumberLiteral(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  TakeOne("+-", &rest);
  if (!UnderscoresFit(rest)) {
    return LiteralError("illegal number syntax", text);
  }
  std::string plain(rest);
  plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  const std::optional<int64_t> integer = ReadInteger(plain, negative);
  if (!integer.has_value()) {
    return ReadReal(text, plain, negative);
  }
  NumberLiteral literal;
  literal.integer = integer;
  literal.real = static_cast<double>(*integer);
  return literal;
}

absl::StatusOr<NumberLiteral> ParseRuneLiteral(std::string_view text) {
  const auto unquoted = query::Unquote(text);
  if (!unquoted.ok() || unquoted->empty() ||
      query::DecodeRune(*unquoted).bytes != unquoted->size()) {
    return absl::InvalidArgumentError(fmt::format("malformed character constant: {}", text));
  }
  NumberLiteral literal;
  literal.integer = static_cast<int64_t>(query::DecodeRune(*unquoted).value);
  literal.real = static_cast<double>(*literal.integer);
  return literal;
}

absl::StatusOr<double> ParseFloat(std::string_view text) {
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  const bool has_sign = TakeOne("+-", &rest);
  if (!has_sign && absl::EqualsIgnoreCase(base::ToAbsl(rest), "nan")) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (absl::EqualsIgnoreCase(base::ToAbsl(rest), "inf") ||
      absl::EqualsIgnoreCase(base::ToAbsl(rest), "infinity")) {
    return negative ? -HUGE_VAL : HUGE_VAL;
  }
  if (!HasFloatForm(rest)) {
    return FloatError(text, "invalid syntax");
  }
  const auto value = ReadFloat(rest);
  if (!value.ok()) {
    return FloatError(text, base::Message(value.status()));
  }
  return negative ? -*value : *value;
}

std::string FormatFloat(double value, char verb, int precision, bool keep_point) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  const bool upper = verb == 'E' || verb == 'G' || verb == 'X';
  const char lower_verb = verb == 'F' ? 'f' : static_cast<char>(verb | 0x20);
  std::string text = MagnitudeText(std::abs(value), lower_verb, precision, keep_point);
  if (upper) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  }
  return std::signbit(value) ? "-" + text : text;
}

}  // namespace tidemark::alert::templates
