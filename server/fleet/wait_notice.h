// WaitNotice says how long something has been waited for, on one line that is renewed each second
// and cleared at the end. What takes less than a second is not told of.
//
// Its thread ends with it. Owned by the waiting thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>

#include "base/mutex.h"

namespace tidemark::server {

class WaitNotice {
 public:
  // "waiting for WHAT, 3 s". Nothing is written, and no thread is begun, where `out` is null.
  WaitNotice(std::FILE* out, std::string what, int64_t period_ms = 1000);
  ~WaitNotice();
  WaitNotice(const WaitNotice&) = delete;
  WaitNotice& operator=(const WaitNotice&) = delete;

  // Standard error where it is a terminal; null elsewhere.
  static std::FILE* Terminal();

 private:
  void Run() ABSL_LOCKS_EXCLUDED(mu_);

  std::FILE* const out_;
  const std::string what_;
  const int64_t period_ms_;
  base::Mutex mu_;
  base::CondVar ended_;
  bool is_over_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace tidemark::server
