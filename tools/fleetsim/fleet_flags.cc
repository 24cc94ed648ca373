#include "tools/fleetsim/fleet_flags.h"

#include "base/status_macros.h"
#include "tools/fleetsim/scenario.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::fleetsim {

void FleetFlags::AddTo(CLI::App* command) {
  const auto positive = CLI::Range(1, 1'000'000);
  command->add_option("--clusters", fleet.clusters, "clusters of the fleet")
      ->check(positive)
      ->capture_default_str();
  command->add_option("--tikv", fleet.tikv, "TiKV stores per cluster")
      ->check(positive)
      ->capture_default_str();
  command->add_option("--tidb", fleet.tidb, "TiDB servers per cluster")
      ->check(positive)
      ->capture_default_str();
  command->add_option("--pd", fleet.pd, "PD servers per cluster")
      ->check(CLI::Range(0, 1'000))
      ->capture_default_str();
  command->add_option("--series", series, "about so many series; sets --clusters");
  command->add_option("--seed", fleet.seed, "seed of all numbers")->capture_default_str();
  command->add_option("--labels", labels, "tiup or operator")
      ->check(CLI::IsMember({"tiup", "operator"}))
      ->capture_default_str();
  command->add_option("--name-prefix", fleet.name_prefix, "of the clusters' names");
  command->add_option("--restart-every", restart_every, "a store restarts about so often")
      ->capture_default_str();
  command->add_option("--incident", incidents,
                      "KIND@AT[+FOR][:CLUSTER[/ORDINAL]], KIND one of pause, outage, restart, "
                      "owner, stop, cut, fatal, lock, region, hang, hot; may be repeated");
  command->add_option("--scenario", scenario,
                      "one that `fleetsim scenarios` lists; sets clusters, stores and incidents");
}

absl::StatusOr<FleetOptions> FleetFlags::Resolve(int64_t start_ms) const {
  FleetOptions options = fleet;
  options.labels = labels == "operator" ? LabelStyle::kOperator : LabelStyle::kTiup;
  ASSIGN_OR_RETURN(options.restart_every_ms, ParseDurationMs(restart_every));
  if (options.restart_every_ms < 600'000) {
    return absl::InvalidArgumentError("--restart-every is below 10m");
  }
  for (const std::string& text : incidents) {
    ASSIGN_OR_RETURN(Incident incident, ParseIncident(text, start_ms));
    options.incidents.push_back(incident);
  }
  if (!scenario.empty()) {
    ASSIGN_OR_RETURN(const Scenario* chosen, FindScenario(scenario));
    return FleetOf(*chosen, start_ms, std::move(options));
  }
  if (series > 0) {
    options.clusters = ClustersForSeries(options, series);
  }
  return options;
}

absl::StatusOr<int64_t> FleetFlags::ScenarioMs() const {
  if (scenario.empty()) {
    return 0;
  }
  ASSIGN_OR_RETURN(const Scenario* chosen, FindScenario(scenario));
  return ParseDurationMs(chosen->duration);
}

}  // namespace tidemark::fleetsim
