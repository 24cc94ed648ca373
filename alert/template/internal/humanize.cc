#include "alert/template/internal/humanize.h"

#include <cmath>
#include <span>
#include <string_view>

#include "alert/template/internal/number.h"
#include "fmt/format.h"

namespace tidemark::alert::templates {
namespace {

constexpr std::string_view kLarge[] = {"k", "M", "G", "T", "P", "E", "Z", "Y"};
constexpr std::string_view kSmall[] = {"m", "u", "n", "p", "f", "a", "z", "y"};
constexpr std::string_view kBinary[] = {"ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"};

std::string FourDigits(double v) { return FormatFloat(v, 'g', 4); }

// `v` divided until it is below `factor`, with the prefix that says how often.
std::string Scaled(double v, double factor, std::span<const std::string_view> prefixes) {
  std::string_view prefix;
  for (const std::string_view next : prefixes) {
    if (std::abs(v) < factor) {
      break;
    }
    prefix = next;
    v /= factor;
  }
  return fmt::format("{}{}", FourDigits(v), prefix);
}

// `v` multiplied until it reaches one.
std::string ScaledUp(double v) {
  std::string_view prefix;
  for (const std::string_view next : kSmall) {
    if (std::abs(v) >= 1) {
      break;
    }
    prefix = next;
    v *= 1000;
  }
  return fmt::format("{}{}", FourDigits(v), prefix);
}

// Whole seconds as far as a 64-bit count goes.
int64_t WholeSeconds(double s) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  return s < kLimit ? static_cast<int64_t>(s) : INT64_MIN;
}

}  // namespace

std::string Humanize(double v) {
  if (v == 0 || !std::isfinite(v)) {
    return FourDigits(v);
  }
  return std::abs(v) >= 1 ? Scaled(v, 1000, kLarge) : ScaledUp(v);
}

std::string Humanize1024(double v) {
  if (std::abs(v) <= 1 || !std::isfinite(v)) {
    return FourDigits(v);
  }
  return Scaled(v, 1024, kBinary);
}

std::string HumanizeDuration(double s) {
  if (!std::isfinite(s)) {
    return FourDigits(s);
  }
  if (std::abs(s) < 1) {
    return s == 0 ? FourDigits(s) + "s" : ScaledUp(s) + "s";
  }
  const std::string_view sign = s < 0 ? "-" : "";
  const double magnitude = std::abs(s);
  const int64_t whole = WholeSeconds(magnitude);
  const int64_t seconds = whole % 60;
  const int64_t minutes = whole / 60 % 60;
  const int64_t hours = whole / 3600 % 24;
  if (const int64_t days = whole / 86'400; days != 0) {
    return fmt::format("{}{}d {}h {}m {}s", sign, days, hours, minutes, seconds);
  }
  if (hours != 0) {
    return fmt::format("{}{}h {}m {}s", sign, hours, minutes, seconds);
  }
  if (minutes != 0) {
    return fmt::format("{}{}m {}s", sign, minutes, seconds);
  }
  return fmt::format("{}{}s", sign, FourDigits(magnitude));
}

std::string HumanizePercentage(double v) { return FourDigits(v * 100) + "%"; }

}  // namespace tidemark::alert::templates
