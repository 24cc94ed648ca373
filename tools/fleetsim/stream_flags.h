// The flags that `write` and `record` share: the fleet and how its senders scrape it.
#pragma once

#include <cstdint>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "tools/fleetsim/fleet_flags.h"
#include "tools/fleetsim/scrape_stream.h"

namespace tidemark::fleetsim {

struct StreamFlags {
  FleetFlags fleet;
  std::string start = "now-6h";
  std::string interval = "15s";
  size_t samples_per_request = 2'000;
  size_t connections = 4;
  int64_t scrapes = 0;
  std::string keep;

  void AddTo(CLI::App* command);
  // With shards = connections.
  absl::StatusOr<ScrapeOptions> Resolve(int64_t now_ms) const;
  // --scrapes, or as many as the scenario lasts; 0: no end.
  absl::StatusOr<int64_t> Rounds(const ScrapeOptions& options) const;
};

}  // namespace tidemark::fleetsim
