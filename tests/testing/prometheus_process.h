// PrometheusProcess runs a real Prometheus server on a free loopback port with a data folder of
// its own. It scrapes one target and, when asked to, remote-writes what it scrapes.
//
// The binary is named by the environment variable PROMETHEUS_BINARY. Thread-compatible.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/testing/child_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::tests {

struct PrometheusOptions {
  std::string scrape_config;  // YAML of the list below scrape_configs
  std::string scrape_interval = "1s";
  uint16_t remote_write_port = 0;  // 0: no remote write
  std::map<std::string, std::string> external_labels;
};

class PrometheusProcess {
 public:
  // Starts the server and waits until it is ready.
  static absl::StatusOr<std::unique_ptr<PrometheusProcess>> Start(const PrometheusOptions& options);

  uint16_t port() const { return port_; }
  ChildProcess& process() { return *process_; }

 private:
  explicit PrometheusProcess(uint16_t port) : port_(port) {}

  const uint16_t port_;
  TempDir dir_;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace tidemark::tests
