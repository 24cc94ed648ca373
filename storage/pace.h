// How work in the background shares the processor.
//
//   Rests rests(pace, clock);
//   while (WorkForAMoment()) {
//     rests.Rest();
//   }
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

#include "base/clock.h"

namespace tidemark::storage {

// Paced work rests as long as it works, to leave the processor to others.
enum class Pace { kPaced, kFull };

// The rests of one piece of work, from its beginning on. Thread-compatible; the clock must outlive
// it.
class Rests {
 public:
  Rests(Pace pace, const base::Clock* clock)
      : pace_(pace), clock_(clock), begin_(clock->SteadyNanos()) {}

  // For as long as was worked since the last rest, if the work is paced.
  void Rest() {
    if (pace_ == Pace::kPaced) {
      std::this_thread::sleep_for(std::chrono::nanoseconds(clock_->SteadyNanos() - begin_));
      begin_ = clock_->SteadyNanos();
    }
  }

 private:
  const Pace pace_;
  const base::Clock* const clock_;
  int64_t begin_;
};

}  // namespace tidemark::storage
