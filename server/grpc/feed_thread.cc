#include "server/grpc/feed_thread.h"

#include <pthread.h>

#include <utility>

namespace tidemark::server {

FeedThread::FeedThread(const std::string& name, std::function<void()> task)
    : task_(std::move(task)), thread_([this] { Run(); }) {
  pthread_setname_np(thread_.native_handle(), name.c_str());
}

void FeedThread::Wake() {
  base::MutexLock lock(&mu_);
  is_woken_ = true;
  wake_.Signal();
}

void FeedThread::Stop() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    wake_.Signal();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool FeedThread::WaitForWake() {
  base::MutexLock lock(&mu_);
  while (!is_woken_ && !stopping_) {
    wake_.Wait(&mu_);
  }
  is_woken_ = false;
  return !stopping_;
}

void FeedThread::Run() {
  while (WaitForWake()) {
    task_();
  }
}

}  // namespace tidemark::server
