// FeedThread runs a task on a thread of its own whenever it was woken since the task began last.
//
// Wake() is thread-safe and waits for nobody. Start and Stop: one owner.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "base/mutex.h"

namespace tidemark::server {

class FeedThread {
 public:
  // The thread is named `name`, at most 15 bytes.
  FeedThread(const std::string& name, std::function<void()> task);
  ~FeedThread() { Stop(); }
  FeedThread(const FeedThread&) = delete;
  FeedThread& operator=(const FeedThread&) = delete;

  void Wake() ABSL_LOCKS_EXCLUDED(mu_);
  // Returns when the task runs no more. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  // False when the thread is to end.
  bool WaitForWake() ABSL_LOCKS_EXCLUDED(mu_);

  const std::function<void()> task_;
  base::Mutex mu_;
  base::CondVar wake_;
  bool is_woken_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace tidemark::server
