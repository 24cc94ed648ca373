// StopToken tells threads to end and wakes those that wait. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/mutex.h"

namespace tidemark::fleetsim {

class StopToken {
 public:
  void Stop() ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    stopped_.store(true, std::memory_order_relaxed);
    changed_.SignalAll();
  }

  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }

  // Waits up to `timeout_ms`; true when stopped.
  bool WaitFor(int64_t timeout_ms) ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    bool timed_out = false;
    while (!stopped() && !timed_out) {
      timed_out = changed_.WaitFor(&mu_, timeout_ms);
    }
    return stopped();
  }

 private:
  base::Mutex mu_;
  base::CondVar changed_;
  // Written under mu_, read by anyone; publishes nothing else.
  std::atomic<bool> stopped_{false};
};

}  // namespace tidemark::fleetsim
