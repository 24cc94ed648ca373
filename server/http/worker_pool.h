// WorkerPool runs tasks on a fixed number of threads, first come first served.
//
// Its queue is bounded by who fills it: an HTTP connection has at most one request under way, and
// RPCs are counted.
// Thread-safe. Tasks must not throw.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/mutex.h"

namespace tidemark::server {

class WorkerPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  // Threads are named `name`, at most 15 bytes.
  WorkerPool(std::string_view name, size_t threads);
  ~WorkerPool() { Stop(); }
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  void Submit(Task task) ABSL_LOCKS_EXCLUDED(mu_);

  // Runs what is queued, then ends the threads. REQUIRES: no Submit afterwards.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

  // Tasks that wait for a thread.
  size_t queued() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  // The next task; empty when the pool ends.
  Task Take() ABSL_LOCKS_EXCLUDED(mu_);

  mutable base::Mutex mu_;
  base::CondVar wake_;
  std::deque<Task> queue_ ABSL_GUARDED_BY(mu_);
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::server
