// Signals turns SIGTERM, SIGINT and SIGHUP into events that the main thread waits for.
//
// Made once, before any other thread, so that all threads inherit the blocked signals. A second
// SIGTERM or SIGINT ends the process at once. Thread-safe.
#pragma once

#include <atomic>
#include <thread>

#include "base/mutex.h"

namespace tidemark::server {

enum class Event { kReload, kQuit };

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits for the next event; kQuit before any kReload, and again and again once it has come.
  Event Wait() ABSL_LOCKS_EXCLUDED(mu_);

  // As if SIGTERM had come.
  void Quit() ABSL_LOCKS_EXCLUDED(mu_);

  // Whether the end was asked for.
  bool quitting() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Listen() ABSL_LOCKS_EXCLUDED(mu_);
  void Reload() ABSL_LOCKS_EXCLUDED(mu_);

  mutable base::Mutex mu_;
  base::CondVar event_;
  bool quit_ ABSL_GUARDED_BY(mu_) = false;
  bool reload_ ABSL_GUARDED_BY(mu_) = false;
  std::atomic<bool> ended_{false};  // set by the destructor, read by the listening thread
  std::thread thread_;
};

}  // namespace tidemark::server
