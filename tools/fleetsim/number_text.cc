#include "tools/fleetsim/number_text.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace tidemark::fleetsim {
namespace {

// A fixed-notation double needs up to 309 digits before the point.
constexpr size_t kMaxDigits = 400;

void AppendSpecial(double v, std::string* out) {
  out->append(std::isnan(v) ? "NaN" : v > 0 ? "+Inf" : "-Inf");
}

void AppendWith(std::chars_format format, double v, std::string* out) {
  char buffer[kMaxDigits];
  const auto result = std::to_chars(buffer, buffer + sizeof buffer, v, format);
  out->append(buffer, result.ptr);
}

// Whole numbers from 2^53 on: the shortest digits that tell the double apart, then zeros, as Rust
// writes them; to_chars would write the exact value.
void AppendLarge(double v, std::string* out) {
  std::string text;
  AppendWith(std::chars_format::scientific, v, &text);
  const size_t e = text.find('e');
  const auto exponent = static_cast<size_t>(std::atoi(text.c_str() + e + 1));
  text.resize(e);
  std::erase(text, '.');
  text.resize(exponent + (v < 0 ? 2 : 1), '0');
  out->append(text);
}

bool WantsExponent(double v) {
  const double magnitude = std::fabs(v);
  // The shortest form decides with six digits of precision, as Go's strconv does; rounding to the
  // shortest digits cannot carry a double over a power of ten that it is below of.
  return magnitude != 0 && (magnitude < 1e-4 || magnitude >= 1e6);
}

}  // namespace

void AppendNumber(NumberStyle style, double v, std::string* out) {
  if (!std::isfinite(v)) {
    AppendSpecial(v, out);
  } else if (style == NumberStyle::kGo && WantsExponent(v)) {
    AppendWith(std::chars_format::scientific, v, out);
  } else if (std::fabs(v) >= 0x1p53) {
    AppendLarge(v, out);
  } else {
    AppendWith(std::chars_format::fixed, v, out);
  }
}

std::string NumberText(NumberStyle style, double v) {
  std::string text;
  AppendNumber(style, v, &text);
  return text;
}

}  // namespace tidemark::fleetsim
