#include "fleet/diagnosis/finding.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "fmt/chrono.h"
#include "fmt/format.h"

namespace tidemark::fleet {

std::string_view ToString(Severity severity) {
  constexpr std::string_view kTexts[] = {"info", "warning", "critical"};
  return kTexts[static_cast<size_t>(severity)];
}

std::string_view ToString(Confidence confidence) {
  constexpr std::string_view kTexts[] = {"low", "medium", "high"};
  return kTexts[static_cast<size_t>(confidence)];
}

const FindingInfo& InfoOf(FindingKind kind) {
  return FindingCatalogue()[static_cast<size_t>(kind)];
}

const FindingInfo* FindFindingInfo(std::string_view name) {
  const auto catalogue = FindingCatalogue();
  const auto at = std::find_if(catalogue.begin(), catalogue.end(),
                               [&](const FindingInfo& info) { return info.name == name; });
  return at == catalogue.end() ? nullptr : &*at;
}

std::string TimeText(model::Timestamp t) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(t / 1000)));
}

std::string DurationText(int64_t ms) {
  const int64_t size = std::abs(ms);
  const std::string_view sign = ms < 0 ? "-" : "";
  if (size < kMinuteMs) {
    return fmt::format("{}{}s", sign, size / kSecondMs);
  }
  if (size < kHourMs) {
    return fmt::format("{}{}m", sign, size / kMinuteMs);
  }
  if (size < kDayMs) {
    return fmt::format("{}{}h {}m", sign, size / kHourMs, size % kHourMs / kMinuteMs);
  }
  return fmt::format("{}{}d {}h", sign, size / kDayMs, size % kDayMs / kHourMs);
}

}  // namespace tidemark::fleet
