#include "server/grpc/stall_watch.h"

#include <pthread.h>

#include <algorithm>

namespace tidemark::server {

StallWatch::StallWatch(const base::Clock* clock, int64_t max_write_ms)
    : clock_(clock), max_write_ms_(max_write_ms), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), "grpc-stalls");
}

StallWatch::~StallWatch() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    stop_.Signal();
  }
  thread_.join();
}

StallWatch::Writes::Writes(StallWatch* watch, grpc::CallbackServerContext* context)
    : watch_(watch), context_(context) {
  base::MutexLock lock(&watch_->mu_);
  watch_->writes_.insert(this);
}

StallWatch::Writes::~Writes() {
  base::MutexLock lock(&watch_->mu_);
  watch_->writes_.erase(this);
}

void StallWatch::CancelStalled() {
  const int64_t before = clock_->SteadyNanos() - max_write_ms_ * 1'000'000;
  for (Writes* const writes : writes_) {
    const int64_t began = writes->began_nanos_.load(std::memory_order_relaxed);
    if (began != 0 && began < before) {
      writes->context_->TryCancel();
    }
  }
}

void StallWatch::Run() {
  base::MutexLock lock(&mu_);
  while (!stopping_) {
    stop_.WaitFor(&mu_, std::max<int64_t>(max_write_ms_ / 2, 1));
    CancelStalled();
  }
}

}  // namespace tidemark::server
