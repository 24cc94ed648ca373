// HelperPool lends threads to those who have work that several can share.
//
// It never has more tasks than threads: nobody waits for a helper, he does without one. So however
// many share the pool, it adds no more than its threads to what they occupy.
//
// Thread-safe. Tasks must not throw.
#pragma once

#include <cstddef>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "base/mutex.h"

namespace tidemark::base {

class HelperPool {
 public:
  using Task = absl::AnyInvocable<void()>;

  // Threads are named `name`, at most 15 bytes.
  HelperPool(std::string_view name, size_t threads);
  // Runs what was taken on, then ends the threads.
  ~HelperPool();
  HelperPool(const HelperPool&) = delete;
  HelperPool& operator=(const HelperPool&) = delete;

  // Has an idle thread run `task`; false, and `task` is dropped, when there is none.
  bool TryRun(Task task) ABSL_LOCKS_EXCLUDED(mu_);

  size_t threads() const { return threads_.size(); }

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  // The next task; empty when the pool ends.
  Task Take() ABSL_LOCKS_EXCLUDED(mu_);

  Mutex mu_;
  CondVar wake_;
  std::vector<Task> tasks_ ABSL_GUARDED_BY(mu_);  // not more than idle threads
  size_t idle_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace tidemark::base
