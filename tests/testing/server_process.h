// ServerProcess runs the real tidemark binary on a free loopback port, over a data folder that
// outlives it, so that a test can end it in any way and start it again.
//
// The binary is named by the environment variable TIDEMARK_BINARY. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/testing/child_process.h"

namespace tidemark::testing {

struct ServerOptions {
  std::string data_dir;
  std::string log_path;
  std::vector<std::string> flags;  // besides those for the data folder and the address
};

class ServerProcess {
 public:
  // Starts the server without waiting for it.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Launch(const ServerOptions& options);
  // Starts the server and waits until it answers that it is ready.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(const ServerOptions& options);

  // Waits for readiness; an error when the server ended instead or `timeout_ms` ran out.
  absl::Status WaitReady(int64_t timeout_ms = 60'000);

  uint16_t port() const { return port_; }
  ChildProcess& process() { return *process_; }

  // The sum of the samples of `metric` on /metrics, over all label sets whose text holds `label`.
  absl::StatusOr<double> Metric(const std::string& metric, const std::string& label = "") const;

 private:
  ServerProcess(uint16_t port, std::unique_ptr<ChildProcess> process)
      : port_(port), process_(std::move(process)) {}

  const uint16_t port_;
  const std::unique_ptr<ChildProcess> process_;
};

// The value of an environment variable that the build sets for system tests; ends the test
// program when it is not set.
std::string RequiredEnvironment(const char* name);

}  // namespace tidemark::testing
