// The flags that every command of fleetsim shares: which fleet, which labels, which incidents, or a
// scenario that says all of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "tools/fleetsim/fleet_model.h"

namespace tidemark::fleetsim {

struct FleetFlags {
  FleetOptions fleet;
  int64_t series = 0;  // 0: as many as fleet.clusters makes
  std::string labels = "tiup";
  std::string restart_every = "7d";
  std::vector<std::string> incidents;
  std::string scenario;

  void AddTo(CLI::App* command);
  // `start_ms` is what the times of incidents are relative to.
  absl::StatusOr<FleetOptions> Resolve(int64_t start_ms) const;
  // How long the scenario lasts; 0 without one.
  absl::StatusOr<int64_t> ScenarioMs() const;
};

}  // namespace tidemark::fleetsim
