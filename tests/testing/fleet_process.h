// FleetProcess runs `fleetsim serve`: metrics pages of a simulated fleet on a free loopback port.
//
// The binary is named by the environment variable FLEETSIM_BINARY. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tests/testing/child_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::testing {

class FleetProcess {
 public:
  // Starts the simulator with `flags` besides its address and waits until it listens.
  static absl::StatusOr<std::unique_ptr<FleetProcess>> Start(const std::vector<std::string>& flags);

  uint16_t port() const { return port_; }
  ChildProcess& process() { return *process_; }

  // A Prometheus configuration, YAML, that scrapes the whole fleet and, with the flag
  // --remote-write-url, writes what it scraped.
  absl::StatusOr<std::string> PrometheusConfig() const;

 private:
  FleetProcess() = default;

  uint16_t port_ = 0;
  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace tidemark::testing
