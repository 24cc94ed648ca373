// EvaluationPacer keeps the evaluation of rules from taking the processor away from what brings the
// samples.
//
// It is told how long the evaluating thread has worked. While that is more than a quarter of the
// time, it gives a pause that has to pass between two evaluations of one partition because of
// arrivals: longer and longer, up to kMaxPauseMs, and shorter again when there is room. What has
// not been evaluated for that long is evaluated at once, whatever the load, and deadlines do not
// wait; so only partitions whose samples come several times a second ever wait.
//
// There is no clock here. Thread-compatible.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tidemark::alert {

class EvaluationPacer {
 public:
  static constexpr int64_t kMaxPauseMs = 240;

  // The thread has worked from `begin_nanos` to `end_nanos`. REQUIRES: times do not go back.
  void Note(int64_t begin_nanos, int64_t end_nanos) {
    busy_nanos_ += end_nanos - begin_nanos;
    const int64_t window = end_nanos - window_begin_nanos_;
    if (window < kWindowNanos) {
      return;
    }
    if (busy_nanos_ > window / 4) {
      pause_ms_ = std::clamp<int64_t>(pause_ms_ * 2, kMinPauseMs, kMaxPauseMs);
    } else if (busy_nanos_ < window / 8) {
      pause_ms_ = pause_ms_ / 2 < kMinPauseMs ? 0 : pause_ms_ / 2;
    }
    busy_nanos_ = 0;
    window_begin_nanos_ = end_nanos;
  }

  // Between two evaluations of one partition.
  int64_t pause_ms() const { return pause_ms_; }

 private:
  static constexpr int64_t kWindowNanos = 100'000'000;
  static constexpr int64_t kMinPauseMs = 15;

  int64_t pause_ms_ = 0;
  int64_t busy_nanos_ = 0;
  int64_t window_begin_nanos_ = 0;
};

}  // namespace tidemark::alert
