#include "storage/series_restorer.h"

#include <pthread.h>

#include "base/status_macros.h"

namespace tidemark::storage {
namespace {

// Enough to be worth waking a thread for.
constexpr size_t kIndexStep = 8192;

}  // namespace

SeriesRestorer::SeriesRestorer(Head* head) : head_(head), thread_([this] { Run(); }) {}

SeriesRestorer::~SeriesRestorer() { Finish(); }

absl::Status SeriesRestorer::Restore(const SeriesRecord& record) {
  RETURN_IF_ERROR(head_->Restore(record));
  if (++restored_ % kIndexStep == 0) {
    base::MutexLock lock(&mu_);
    due_ = true;
    changed_.Signal();
  }
  return absl::OkStatus();
}

void SeriesRestorer::Run() {
  pthread_setname_np(pthread_self(), "restore-index");
  while (true) {
    {
      base::MutexLock lock(&mu_);
      while (!due_ && !stopping_) {
        changed_.Wait(&mu_);
      }
      if (stopping_) {
        return;
      }
      due_ = false;
    }
    head_->IndexRestored();
  }
}

void SeriesRestorer::EndThread() {
  {
    base::MutexLock lock(&mu_);
    stopping_ = true;
    changed_.Signal();
  }
  if (thread_.joinable()) {
    thread_.join();
  }
}

void SeriesRestorer::Finish() {
  // First: what the thread has taken it finishes.
  EndThread();
  head_->FinishRestore();
}

}  // namespace tidemark::storage
