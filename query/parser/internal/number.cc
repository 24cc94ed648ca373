#include "query/parser/internal/number.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <optional>

#include "absl/strings/match.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::query {
namespace {

absl::Status Bad(std::string_view token, std::string_view why) {
  return absl::InvalidArgumentError(
      fmt::format("error parsing number: strconv.ParseFloat: parsing {}: {}", Quote(token), why));
}

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == 'x' ||
         c == 'X';
}

// Without its underscores; nullopt where one does not stand between digits.
std::optional<std::string> DropUnderscores(std::string_view token) {
  std::string digits;
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] != '_') {
      digits.push_back(token[i]);
    } else if (i == 0 || i + 1 == token.size() || !IsAlphanumeric(token[i - 1]) ||
               !IsAlphanumeric(token[i + 1])) {
      return std::nullopt;
    }
  }
  return digits;
}

// All of `digits` as an integer to `base`, if it is one that fits 64 bits.
std::optional<double> Integer(std::string_view digits, int base) {
  int64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stop != end || digits.front() == '-') {
    return std::nullopt;
  }
  return static_cast<double>(value);
}

absl::StatusOr<double> Decimal(std::string_view token, const std::string& digits) {
  char* stop = nullptr;
  const double value = std::strtod(digits.c_str(), &stop);  // to zero when too small to hold
  if (stop != digits.c_str() + digits.size()) {
    return Bad(token, "invalid syntax");
  }
  if (std::isinf(value)) {
    return Bad(token, "value out of range");
  }
  return value;
}

}  // namespace

absl::StatusOr<double> ParseNumber(std::string_view token) {
  if (absl::EqualsIgnoreCase(base::ToAbsl(token), "inf")) {
    return std::numeric_limits<double>::infinity();
  }
  if (absl::EqualsIgnoreCase(base::ToAbsl(token), "nan")) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const std::optional<std::string> digits = DropUnderscores(token);
  if (!digits) {
    return Bad(token, "invalid syntax");
  }
  const bool hexadecimal = digits->size() > 1 && ((*digits)[1] | 0x20) == 'x';
  if (hexadecimal) {
    const std::optional<double> value =
        digits->size() > 2 ? Integer(std::string_view(*digits).substr(2), 16) : std::nullopt;
    return value ? absl::StatusOr<double>(*value) : Bad(token, "invalid syntax");
  }
  const bool octal = digits->size() > 1 && digits->front() == '0';
  // What is no integer, such as 08 or 0.5, is a decimal fraction.
  if (const auto value = Integer(*digits, octal ? 8 : 10)) {
    return *value;
  }
  return Decimal(token, *digits);
}

std::string FormatNumber(double value) {
  if (std::isnan(value)) {
    return "NaN";
  }
  if (std::isinf(value)) {
    return value > 0 ? "+Inf" : "-Inf";
  }
  // The longest is a denormal: a sign, "0." and some 1,080 digits at most.
  char buffer[1100];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed);
  return error == std::errc() ? std::string(buffer, end) : fmt::format("{}", value);
}

}  // namespace tidemark::query
