// The times of a query: its steps, and the window that a range selector sees at each of them.
// Plain values; times are milliseconds and never overflow but stay at the ends of their range.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "model/sample.h"

namespace tidemark::query {

inline model::Timestamp AddMs(model::Timestamp t, int64_t ms) {
  model::Timestamp sum = 0;
  if (__builtin_add_overflow(t, ms, &sum)) {
    return ms > 0 ? model::kMaxTimestamp : model::kMinTimestamp;
  }
  return sum;
}

inline model::Timestamp SubtractMs(model::Timestamp t, int64_t ms) {
  model::Timestamp difference = 0;
  if (__builtin_sub_overflow(t, ms, &difference)) {
    return ms > 0 ? model::kMinTimestamp : model::kMaxTimestamp;
  }
  return difference;
}

inline double ToSeconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

// StepGrid is start, start + step, ...: `count` times in all, one or more.
struct StepGrid {
  model::Timestamp start = 0;
  int64_t step_ms = 0;  // zero when there is one step
  size_t count = 1;

  model::Timestamp At(size_t i) const { return start + step_ms * static_cast<int64_t>(i); }
  model::Timestamp last() const { return At(count - 1); }
};

// WindowGrid is the stretch (Begin(i), End(i)] of samples that step i of `steps` looks at. Both
// ends are ascending in i, or the same at all steps when `pinned`.
struct WindowGrid {
  StepGrid steps;
  int64_t range_ms = 0;
  int64_t offset_ms = 0;                   // positive looks back
  std::optional<model::Timestamp> pinned;  // the time of `@`
  bool closed = false;                     // Begin(i) itself belongs to the window

  model::Timestamp End(size_t i) const {
    return SubtractMs(pinned ? *pinned : steps.At(i), offset_ms);
  }
  model::Timestamp Begin(size_t i) const { return SubtractMs(End(i), range_ms); }
  // The newest time that is too old for the window of step i.
  model::Timestamp TooOld(size_t i) const { return closed ? SubtractMs(Begin(i), 1) : Begin(i); }

  // The stretch all windows together cover, both ends included.
  model::Timestamp min_time() const { return AddMs(TooOld(0), 1); }
  model::Timestamp max_time() const { return End(steps.count - 1); }
};

}  // namespace tidemark::query
