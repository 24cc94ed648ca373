// StallWatch cancels RPCs one write of which takes too long: their reader takes nothing any more,
// and would hold on to its answer, and hold up the end of the server.
//
// Thread-safe. It looks at all writes under way now and then, on a thread of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <set>
#include <thread>

#include "base/clock.h"
#include "base/mutex.h"
#include "grpcpp/server_context.h"

namespace tidemark::server {

class StallWatch {
 public:
  // A write may take `max_write_ms`, and up to a half more.
  StallWatch(const base::Clock* clock, int64_t max_write_ms);
  ~StallWatch();
  StallWatch(const StallWatch&) = delete;
  StallWatch& operator=(const StallWatch&) = delete;

  // The writes of one RPC, one at a time. Made and destroyed while the context lives.
  class Writes {
   public:
    Writes(StallWatch* watch, grpc::CallbackServerContext* context);
    ~Writes();
    Writes(const Writes&) = delete;
    Writes& operator=(const Writes&) = delete;

    void Begin() { began_nanos_.store(watch_->clock_->SteadyNanos(), std::memory_order_relaxed); }
    void End() { began_nanos_.store(0, std::memory_order_relaxed); }

   private:
    friend class StallWatch;
    StallWatch* const watch_;
    grpc::CallbackServerContext* const context_;
    // Steady time; 0: none is under way. Writer: the thread that begins or ends a write. Reader:
    // the watch. Publishes nothing else.
    std::atomic<int64_t> began_nanos_{0};
  };

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  void CancelStalled() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const base::Clock* const clock_;
  const int64_t max_write_ms_;
  base::Mutex mu_;
  base::CondVar stop_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::set<Writes*> writes_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;  // last: it uses the others
};

}  // namespace tidemark::server
