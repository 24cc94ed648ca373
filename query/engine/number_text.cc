#include "query/engine/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace tidemark::query {
namespace {

// Long enough for the shortest exponent form of every double.
constexpr size_t kMaxDigits = 32;

bool AppendSpecial(double v, std::string* out) {
  if (std::isnan(v)) {
    out->append("NaN");
    return true;
  }
  if (std::isinf(v)) {
    out->append(v > 0 ? "+Inf" : "-Inf");
    return true;
  }
  return false;
}

// Appends `digits`, the first of which stands for units of 10^exponent, without an exponent.
void AppendPositional(std::string_view digits, int exponent, std::string* out) {
  if (exponent < 0) {
    out->append("0.").append(static_cast<size_t>(-exponent - 1), '0').append(digits);
    return;
  }
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= whole) {
    out->append(digits).append(whole - digits.size(), '0');
    return;
  }
  out->append(digits.substr(0, whole)).append(".").append(digits.substr(whole));
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) {
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    if ((text[i] | 0x20) != lower[i]) {
      return false;
    }
  }
  return true;
}

}  // namespace

void AppendExponent(double v, std::string* out) {
  if (AppendSpecial(v, out)) {
    return;
  }
  char text[kMaxDigits];
  const auto end = std::to_chars(text, text + kMaxDigits, v, std::chars_format::scientific).ptr;
  out->append(text, end);
}

void AppendPlain(double v, std::string* out) {
  if (AppendSpecial(v, out)) {
    return;
  }
  // Small whole numbers are most of what is ever written.
  if (std::abs(v) < 1e15 && v == std::trunc(v) && (v != 0 || !std::signbit(v))) {
    char text[kMaxDigits];
    const auto end = std::to_chars(text, text + kMaxDigits, static_cast<int64_t>(v)).ptr;
    out->append(text, end);
    return;
  }
  // Below this the shortest digits are what there is before the point; above, zeros may follow.
  if (std::abs(v) < 1e15 && std::abs(v) >= 1e-7) {
    char text[kMaxDigits];
    const auto end = std::to_chars(text, text + kMaxDigits, v, std::chars_format::fixed).ptr;
    out->append(text, end);
    return;
  }
  std::string scientific;
  AppendExponent(v, &scientific);
  std::string_view rest = scientific;
  if (rest.front() == '-') {
    out->push_back('-');
    rest.remove_prefix(1);
  }
  const size_t mark = rest.find('e');
  const int exponent = std::atoi(rest.data() + mark + 1);
  std::string digits(1, rest.front());
  if (mark > 2) {
    digits.append(rest.substr(2, mark - 2));
  }
  AppendPositional(digits, exponent, out);
}

std::string PlainText(double v) {
  std::string out;
  AppendPlain(v, &out);
  return out;
}

std::string GeneralText(double v) {
  constexpr double kLeastPlain = 1e-4;
  constexpr double kExponentFrom = 1e21;
  const double magnitude = std::abs(v);
  std::string out;
  if (v == 0 || (magnitude >= kLeastPlain && magnitude < kExponentFrom)) {
    AppendPlain(v, &out);
  } else {
    AppendExponent(v, &out);
  }
  return out;
}

std::optional<double> ParseFloat(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text;
  if (negative || text.starts_with('+')) {
    digits.remove_prefix(1);
  }
  double v = 0;
  if (EqualsIgnoringCase(digits, "inf") || EqualsIgnoringCase(digits, "infinity")) {
    v = HUGE_VAL;
  } else if (EqualsIgnoringCase(digits, "nan")) {
    v = std::nan("");
  } else {
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), v);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-') {
      return std::nullopt;
    }
  }
  return negative ? -v : v;
}

}  // namespace tidemark::query
