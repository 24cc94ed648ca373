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
  // How far samples outside of a window are looked at: those of `anchored` and `smoothed`.
  int64_t look_left_ms = 0;
  int64_t look_right_ms = 0;

  model::Timestamp End(size_t i) const {
    return SubtractMs(pinned ? *pinned : steps.At(i), offset_ms);
  }
  model::Timestamp Begin(size_t i) const { return SubtractMs(End(i), range_ms); }
  // The newest time that is too old for the window of step i.
  model::Timestamp TooOld(size_t i) const { return closed ? SubtractMs(Begin(i), 1) : Begin(i); }

  // The stretch of samples that all windows together need, both ends included.
  model::Timestamp min_time() const { return AddMs(SubtractMs(TooOld(0), look_left_ms), 1); }
  model::Timestamp max_time() const { return AddMs(End(steps.count - 1), look_right_ms); }
};

// WindowCursor goes through the windows of a grid in order, a few instructions each. At the very
// ends of the range of times its left ends are later than WindowGrid's.
class WindowCursor {
 public:
  explicit WindowCursor(const WindowGrid& windows)
      : stride_ms_(windows.pinned ? 0 : windows.steps.step_ms),
        end_(windows.End(0)),
        too_old_(windows.TooOld(0)) {}

  model::Timestamp end() const { return end_; }
  model::Timestamp too_old() const { return too_old_; }

  void Advance() {
    end_ = AddMs(end_, stride_ms_);
    too_old_ = AddMs(too_old_, stride_ms_);
  }

 private:
  const int64_t stride_ms_;
  model::Timestamp end_;
  model::Timestamp too_old_;
};

}  // namespace tidemark::query
