#include "query/parser/duration.h"

#include <charconv>
#include <limits>

#include "fmt/format.h"
#include "query/parser/quote.h"

namespace tidemark::query {
namespace {

struct Unit {
  std::string_view name;
  uint64_t ms;
  bool only_if_exact;  // printed only if nothing remains
};

// From large to small.
constexpr Unit kUnits[] = {
    {"y", 365ULL * 24 * 3600 * 1000, true},
    {"w", 7ULL * 24 * 3600 * 1000, true},
    {"d", 24ULL * 3600 * 1000, false},
    {"h", 3600ULL * 1000, false},
    {"m", 60ULL * 1000, false},
    {"s", 1000, false},
    {"ms", 1, false},
};

// Prometheus holds durations as nanoseconds in 64 bits, which ends after 292 years.
constexpr uint64_t kMaxMs = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) / 1'000'000;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Cuts the leading characters that are digits, or that are not, off `rest`.
std::string_view Cut(bool digits, std::string_view* rest) {
  size_t n = 0;
  while (n < rest->size() && IsDigit((*rest)[n]) == digits) {
    ++n;
  }
  const std::string_view cut = rest->substr(0, n);
  rest->remove_prefix(n);
  return cut;
}

const Unit* FindUnit(std::string_view name) {
  for (const Unit& unit : kUnits) {
    if (unit.name == name) {
      return &unit;
    }
  }
  return nullptr;
}

absl::Status NotADuration(std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("not a valid duration string: {}", Quote(text)));
}

}  // namespace

absl::StatusOr<int64_t> ParseDurationMs(std::string_view text) {
  if (text.empty()) {
    return absl::InvalidArgumentError("empty duration string");
  }
  if (text == "0") {
    return 0;
  }
  uint64_t total_ms = 0;
  const Unit* last = nullptr;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view digits = Cut(true, &rest);
    const std::string_view name = Cut(false, &rest);
    uint64_t count = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), count);
    if (parsed.ec != std::errc() || name.empty()) {
      return NotADuration(text);
    }
    const Unit* unit = FindUnit(name);
    if (unit == nullptr) {
      return absl::InvalidArgumentError(
          fmt::format("unknown unit {} in duration {}", Quote(name), Quote(text)));
    }
    if (last != nullptr && unit <= last) {
      return NotADuration(text);
    }
    last = unit;
    if (count > (kMaxMs - total_ms) / unit->ms) {
      return absl::InvalidArgumentError("duration out of range");
    }
    total_ms += count * unit->ms;
  }
  return static_cast<int64_t>(total_ms);
}

std::string FormatDuration(int64_t ms) {
  if (ms == 0) {
    return "0s";
  }
  std::string out = ms < 0 ? "-" : "";
  uint64_t rest = ms < 0 ? 0 - static_cast<uint64_t>(ms) : static_cast<uint64_t>(ms);
  for (const Unit& unit : kUnits) {
    if (rest < unit.ms || (unit.only_if_exact && rest % unit.ms != 0)) {
      continue;
    }
    fmt::format_to(std::back_inserter(out), "{}{}", rest / unit.ms, unit.name);
    rest %= unit.ms;
  }
  return out;
}

}  // namespace tidemark::query
