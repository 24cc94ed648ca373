// The text exposition format of the newest samples of selected series, as /federate answers it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/matcher.h"
#include "model/sample.h"
#include "storage/querier.h"

namespace tidemark::server {

// What is inside a name that is not of the old alphabet.
enum class NameStyle {
  kUnderscores,  // every other character becomes one
  kUtf8,         // as it is, in quotes
};

// `kUtf8` if the header Accept says that the client can read it.
NameStyle NameStyleOf(std::string_view accept);

// For every series that matches one of `selectors` its newest sample in (now - lookback, now],
// none when that is a stale marker, in order of metric name and labels.
absl::StatusOr<std::string> FederateText(const storage::Querier& querier,
                                         std::span<const std::vector<model::Matcher>> selectors,
                                         model::Timestamp now, int64_t lookback_ms,
                                         NameStyle style);

}  // namespace tidemark::server
