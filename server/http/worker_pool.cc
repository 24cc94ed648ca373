#include "server/http/worker_pool.h"

#include <pthread.h>

namespace tidemark::server {

WorkerPool::WorkerPool(std::string_view name, size_t threads) {
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Run(); });
    pthread_setname_np(threads_.back().native_handle(), std::string(name).c_str());
  }
}

void WorkerPool::Submit(Task task) {
  base::MutexLock lock(&mu_);
  queue_.push_back(std::move(task));
  wake_.Signal();
}

void WorkerPool::Stop() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  threads_.clear();
}

size_t WorkerPool::queued() const {
  base::MutexLock lock(&mu_);
  return queue_.size();
}

void WorkerPool::Run() {
  while (Task task = Take()) {
    task();
  }
}

WorkerPool::Task WorkerPool::Take() {
  base::MutexLock lock(&mu_);
  while (queue_.empty() && !stopping_) {
    wake_.Wait(&mu_);
  }
  if (queue_.empty()) {
    return nullptr;
  }
  Task task = std::move(queue_.front());
  queue_.pop_front();
  return task;
}

}  // namespace tidemark::server
