#include "tests/differential/promql/version_differences.h"

#include <array>
#include <charconv>

namespace tidemark::differential {
namespace {

constexpr std::array<VersionDifferenceInfo, kVersionDifferences> kInfos = {{
    {"left-closed ranges",
     "before 3.0 a sample exactly at the left end of a range or look-back belongs to it",
     {3, 0},
     true},
    {"growth from zero",
     "before 3.0 rate() and increase() extend a counter back to zero even across a gap that is "
     "too long to be extended across otherwise",
     {3, 0},
     true},
    {"deviation of infinite values",
     "before 3.0 stddev and stdvar, also over time, give numbers where a value is NaN or infinite",
     {3, 0},
     false},
    {"atan2 keeps the name", "before 3.0 the metric name survives atan2", {3, 0}, false},
    {"prediction from a pinned range",
     "before 3.0 predict_linear() of a range with @ is evaluated at the first step only",
     {3, 0},
     false},
    {"timestamp of a pinned, shifted selector",
     "before 3.0 timestamp() of a selector with @ passes over its offset",
     {3, 0},
     false},
    {"equal series at different times",
     "before 3.13 a function of a range refuses series that are equal without their names even "
     "where they are never present at the same step; what is asked step by step is the same",
     {3, 13},
     false},
}};

}  // namespace

Version ParseVersion(std::string_view text) {
  Version version;
  const char* end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, version.major);
  if (major.ptr != end) {
    std::from_chars(major.ptr + 1, end, version.minor);
  }
  return version;
}

const VersionDifferenceInfo& InfoOf(VersionDifference difference) {
  return kInfos[static_cast<size_t>(difference)];
}

}  // namespace tidemark::differential
