#include "tools/fleetsim/time_text.h"

#include <charconv>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::fleetsim {
namespace {

int64_t UnitMs(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return 0;
}

// Takes a number off the front of `text`; false if there is none.
bool TakeNumber(std::string_view* text, int64_t* n) {
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), *n);
  if (error != std::errc() || *n < 0) {
    return false;
  }
  text->remove_prefix(static_cast<size_t>(end - text->data()));
  return true;
}

std::string_view TakeLetters(std::string_view* text) {
  size_t n = 0;
  while (n < text->size() && (*text)[n] >= 'a' && (*text)[n] <= 'z') {
    ++n;
  }
  const std::string_view letters = text->substr(0, n);
  text->remove_prefix(n);
  return letters;
}

}  // namespace

absl::StatusOr<int64_t> ParseDurationMs(std::string_view text) {
  std::string_view rest = text;
  int64_t total = 0;
  do {
    int64_t n = 0;
    const bool number = TakeNumber(&rest, &n);
    const int64_t unit = number ? UnitMs(TakeLetters(&rest)) : 0;
    if (unit == 0) {
      return absl::InvalidArgumentError(
          fmt::format("\"{}\" is not a duration such as 90s or 1h30m", text));
    }
    total += n * unit;
  } while (!rest.empty());
  return total;
}

absl::StatusOr<int64_t> ParseMomentMs(std::string_view text, int64_t now_ms) {
  std::string_view rest = text;
  if (rest.substr(0, 3) == "now") {
    rest.remove_prefix(3);
    if (rest.empty()) {
      return now_ms;
    }
    const char sign = rest.front();
    ASSIGN_OR_RETURN(const int64_t distance, ParseDurationMs(rest.substr(1)));
    if (sign == '-' || sign == '+') {
      return sign == '-' ? now_ms - distance : now_ms + distance;
    }
  } else if (int64_t ms = 0; TakeNumber(&rest, &ms) && rest.empty()) {
    return ms;
  }
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is neither now, now-6h nor milliseconds since the epoch", text));
}

}  // namespace tidemark::fleetsim
