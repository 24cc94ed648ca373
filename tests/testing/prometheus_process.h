// PrometheusProcess runs a real Prometheus server on a free loopback port with a data folder of
// its own. The binary is named by the environment variable PROMETHEUS_BINARY. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/testing/child_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::testing {

class PrometheusProcess {
 public:
  // Starts the server with this configuration, YAML, and flags besides those for its folder and
  // address, and waits until it is ready.
  static absl::StatusOr<std::unique_ptr<PrometheusProcess>> Start(
      const std::string& config, const std::vector<std::string>& flags = {});

  uint16_t port() const { return port_; }
  ChildProcess& process() { return *process_; }

 private:
  explicit PrometheusProcess(uint16_t port) : port_(port) {}

  const uint16_t port_;
  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace tidemark::testing
