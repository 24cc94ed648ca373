// Mutex, MutexLock, ReaderMutexLock and CondVar: Abseil's, except under the thread sanitizer.
//
// The distribution's Abseil is not built with the sanitizer, which therefore does not see that
// absl::Mutex orders anything and reports races that are none. There the same names stand for
// thin wrappers over the standard's primitives, which the sanitizer knows.
#pragma once

#include "absl/base/thread_annotations.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TIDEMARK_TSAN 1
#endif
#endif

#ifndef TIDEMARK_TSAN

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tidemark::base {
using Mutex = absl::Mutex;
using MutexLock = absl::MutexLock;
using ReaderMutexLock = absl::ReaderMutexLock;

class CondVar {
 public:
  void Wait(Mutex* mu) { cv_.Wait(mu); }
  // True when the time ran out.
  bool WaitFor(Mutex* mu, int64_t timeout_ms) {
    return cv_.WaitWithTimeout(mu, absl::Milliseconds(timeout_ms));
  }
  void Signal() { cv_.Signal(); }
  void SignalAll() { cv_.SignalAll(); }

 private:
  absl::CondVar cv_;
};
}  // namespace tidemark::base

#else

#include <chrono>
#include <condition_variable>
#include <shared_mutex>

namespace tidemark::base {
class ABSL_LOCKABLE Mutex {
 public:
  void Lock() ABSL_EXCLUSIVE_LOCK_FUNCTION() { mu_.lock(); }
  void Unlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock(); }
  void ReaderLock() ABSL_SHARED_LOCK_FUNCTION() { mu_.lock_shared(); }
  void ReaderUnlock() ABSL_UNLOCK_FUNCTION() { mu_.unlock_shared(); }
  bool TryLock() ABSL_EXCLUSIVE_TRYLOCK_FUNCTION(true) { return mu_.try_lock(); }
  void AssertHeld() const ABSL_ASSERT_EXCLUSIVE_LOCK() {}
  void AssertReaderHeld() const ABSL_ASSERT_SHARED_LOCK() {}

 private:
  friend class CondVar;
  std::shared_mutex mu_;
};

class ABSL_SCOPED_LOCKABLE MutexLock {
 public:
  explicit MutexLock(Mutex* mu) ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) : mu_(mu) { mu_->Lock(); }
  ~MutexLock() ABSL_UNLOCK_FUNCTION() { mu_->Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex* mu_;
};

class ABSL_SCOPED_LOCKABLE ReaderMutexLock {
 public:
  explicit ReaderMutexLock(Mutex* mu) ABSL_SHARED_LOCK_FUNCTION(mu) : mu_(mu) { mu_->ReaderLock(); }
  ~ReaderMutexLock() ABSL_UNLOCK_FUNCTION() { mu_->ReaderUnlock(); }
  ReaderMutexLock(const ReaderMutexLock&) = delete;
  ReaderMutexLock& operator=(const ReaderMutexLock&) = delete;

 private:
  Mutex* mu_;
};

class CondVar {
 public:
  void Wait(Mutex* mu) { cv_.wait(mu->mu_); }
  bool WaitFor(Mutex* mu, int64_t timeout_ms) {
    return cv_.wait_for(mu->mu_, std::chrono::milliseconds(timeout_ms)) == std::cv_status::timeout;
  }
  void Signal() { cv_.notify_one(); }
  void SignalAll() { cv_.notify_all(); }

 private:
  std::condition_variable_any cv_;
};
}  // namespace tidemark::base

#endif
