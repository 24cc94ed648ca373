// ChildProcess runs another program for the length of a test.
//
// Standard output and error go to a file; the child dies with the test and is always reaped.
// Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "absl/status/statusor.h"

namespace tidemark::testing {

class ChildProcess {
 public:
  // Runs argv[0] with the arguments that follow; output is appended to the file `log_path`.
  static absl::StatusOr<std::unique_ptr<ChildProcess>> Start(const std::vector<std::string>& argv,
                                                             const std::string& log_path);
  // Kills the child if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool Running();

  // Sends SIGTERM and waits up to `timeout_ms`; the exit code, or nothing when the child had to be
  // killed or ended by a signal.
  std::optional<int> Terminate(int64_t timeout_ms = 60'000);
  // Ends the child with SIGKILL, as a power cut would, and reaps it.
  void Kill();

  // Bytes of physical memory the child holds now.
  int64_t ResidentBytes() const;
  // User and system time the child has used.
  double CpuSeconds() const;
  // All that the child has written so far.
  std::string Log() const;

 private:
  ChildProcess(pid_t pid, std::string log_path) : pid_(pid), log_path_(std::move(log_path)) {}

  const pid_t pid_;
  const std::string log_path_;
  bool reaped_ = false;
  int wait_status_ = 0;
};

// Calls `condition` every `pause_ms` until it holds; false when `timeout_ms` ran out.
template <typename Condition>
bool WaitUntil(Condition condition, int64_t timeout_ms, int64_t pause_ms = 5);

}  // namespace tidemark::testing

#include <chrono>
#include <thread>

namespace tidemark::testing {

template <typename Condition>
bool WaitUntil(Condition condition, int64_t timeout_ms, int64_t pause_ms) {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  const auto deadline = steady_clock::now() + milliseconds(timeout_ms);
  while (!condition()) {
    if (steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(milliseconds(pause_ms));
  }
  return true;
}

}  // namespace tidemark::testing
