// Durations ("90s", "1h30m", "250ms") and moments ("now", "now-6h", milliseconds since the Unix
// epoch) as flags of fleetsim spell them.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidemark::fleetsim {

absl::StatusOr<int64_t> ParseDurationMs(std::string_view text);
absl::StatusOr<int64_t> ParseMomentMs(std::string_view text, int64_t now_ms);

}  // namespace tidemark::fleetsim
