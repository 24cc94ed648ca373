// Bounds of queries that hold however they are asked.
#pragma once

#include <cstdint>

#include "model/sample.h"

namespace tidemark::server {

// Steps of a range query behind its first.
inline constexpr uint64_t kMaxRangeSteps = 11'000;

// Whether a range query has more steps than that. REQUIRES: start <= end, step_ms > 0.
inline bool HasTooManySteps(model::Timestamp start, model::Timestamp end, int64_t step_ms) {
  const uint64_t length = static_cast<uint64_t>(end) - static_cast<uint64_t>(start);
  return length / static_cast<uint64_t>(step_ms) > kMaxRangeSteps;
}

}  // namespace tidemark::server
