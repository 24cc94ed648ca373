// SteadyWallClock is wall time that does not go back: it starts as the wall clock does, goes on as
// the steady clock does, and follows the wall clock only forwards.
//
// So a clock that is set back does not stop timers, and one that is set forward lets them catch up.
// Thread-compatible.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace tidemark::alert {

class SteadyWallClock {
 public:
  explicit SteadyWallClock(const base::Clock* clock)
      : clock_(clock), ahead_ms_(clock->NowMs() - clock->SteadyNanos() / 1'000'000) {}

  int64_t NowMs() {
    const int64_t wall = clock_->NowMs();
    const int64_t steady = clock_->SteadyNanos() / 1'000'000;
    if (wall - steady > ahead_ms_) {
      ahead_ms_ = wall - steady;
    }
    return steady + ahead_ms_;
  }

 private:
  const base::Clock* clock_;
  int64_t ahead_ms_;
};

}  // namespace tidemark::alert
