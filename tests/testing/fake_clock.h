// FakeClock stands still until a test moves it. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace tidemark::testing {

class FakeClock final : public base::Clock {
 public:
  explicit FakeClock(int64_t now_ms) : now_ms_(now_ms) {}

  int64_t NowMs() const override { return now_ms_.load(std::memory_order_relaxed); }
  int64_t SteadyNanos() const override { return NowMs() * 1'000'000; }
  void Set(int64_t now_ms) { now_ms_.store(now_ms, std::memory_order_relaxed); }
  void Advance(int64_t ms) { now_ms_.fetch_add(ms, std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> now_ms_;
};

}  // namespace tidemark::testing
