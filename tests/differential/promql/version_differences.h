// Where versions of Prometheus answer differently, by name and with the reason: what the live
// comparison may meet with a reference server that is older than the language Tidemark speaks.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark::differential {

struct Version {
  int major = 0;
  int minor = 0;
  friend auto operator<=>(const Version&, const Version&) = default;
};

// "2.42.0+ds" is {2, 42}.
Version ParseVersion(std::string_view text);

// What an expression may run into.
enum class VersionDifference {
  kClosedRanges,
  kGrowthFromZero,
  kDeviationOfInfinite,
  kAtan2KeepsName,
  kPinnedPrediction,
  kPinnedTimestamp,
  kEqualSeriesApart,
  kCount,
};

inline constexpr size_t kVersionDifferences = static_cast<size_t>(VersionDifference::kCount);

struct VersionDifferenceInfo {
  std::string_view name;
  std::string_view reason;
  Version changed_in;  // the first version that answers as Tidemark does
  // The engine can be told to answer as before, so each case is checked and not just assumed.
  bool reproducible = false;
};

const VersionDifferenceInfo& InfoOf(VersionDifference difference);

// Functions that came, or got their name, after 2.42, and the version they are there from.
struct NewerFunction {
  std::string_view name;
  Version since;
};
inline constexpr NewerFunction kNewerFunctions[] = {
    {"double_exponential_smoothing", {3, 0}},
    {"mad_over_time", {2, 50}},
    {"first_over_time", {3, 7}},
    {"ts_of_min_over_time", {3, 5}},
    {"ts_of_max_over_time", {3, 5}},
    {"ts_of_last_over_time", {3, 5}},
    {"ts_of_first_over_time", {3, 7}},
    {"limitk", {2, 54}},
};

}  // namespace tidemark::differential
