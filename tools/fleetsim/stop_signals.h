// StopSignals turns SIGINT and SIGTERM into something to wait for.
//
// Blocks both in the thread that makes it and in those started later, for the rest of the process.
// Made and used by the main thread.
#pragma once

#include <signal.h>

#include <cstdint>

namespace tidemark::fleetsim {

class StopSignals {
 public:
  StopSignals();
  void Wait() const;
  // True when a signal came within `timeout_ms`.
  bool WaitFor(int64_t timeout_ms) const;

 private:
  sigset_t set_;
};

}  // namespace tidemark::fleetsim
