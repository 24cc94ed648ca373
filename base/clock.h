// Clock gives wall time for timestamps and steady time for durations. Thread-safe.
//
// Everything that asks for the time takes a Clock* in its constructor, so that tests can move
// time by hand (tests/testing/fake_clock.h).
#pragma once

#include <chrono>
#include <cstdint>

namespace tidemark::base {

class Clock {
 public:
  virtual ~Clock() = default;

  // Milliseconds since the Unix epoch. May jump.
  virtual int64_t NowMs() const = 0;

  // Nanoseconds from an arbitrary point; never goes back.
  virtual int64_t SteadyNanos() const = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t NowMs() const override {
    using std::chrono::system_clock;
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               system_clock::now().time_since_epoch())
        .count();
  }
  int64_t SteadyNanos() const override {
    using std::chrono::steady_clock;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               steady_clock::now().time_since_epoch())
        .count();
  }
};

}  // namespace tidemark::base
