#include "base/helper_pool.h"

#include <pthread.h>

#include <string>
#include <utility>

namespace tidemark::base {

HelperPool::HelperPool(std::string_view name, size_t threads) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), std::string(name).c_str());
  }
}

HelperPool::~HelperPool() {
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

bool HelperPool::TryRun(Task task) {
  MutexLock lock(&mu_);
  if (tasks_.size() >= idle_) {
    return false;
  }
  tasks_.push_back(std::move(task));
  wake_.Signal();
  return true;
}

void HelperPool::Run() {
  while (Task task = Take()) {
    task();
  }
}

HelperPool::Task HelperPool::Take() {
  MutexLock lock(&mu_);
  ++idle_;
  while (tasks_.empty() && !stopping_) {
    wake_.Wait(&mu_);
  }
  --idle_;
  if (tasks_.empty()) {
    return nullptr;
  }
  Task task = std::move(tasks_.back());
  tasks_.pop_back();
  return task;
}

}  // namespace tidemark::base
