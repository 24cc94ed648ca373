// Scenario: a named script over the fleet model. It says which fleet, what befalls it and when, and
// tells what is true from which moment on, so that a test can ask a monitor whether it noticed.
//
// Deterministic: the same scenario, start and seed give the same numbers. Constants; thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/fleetsim/fleet_model.h"

namespace tidemark::fleetsim {

// Something that is true of a cluster from a moment on.
struct Fact {
  std::string_view at;  // since the start: "1h30m"
  int cluster = 0;
  std::string_view fact;
  // What a monitor has to tell because of it, sooner or later: findings of the diagnosis, and
  // alerts of the packs in rules/. None: all is well again.
  std::vector<std::string_view> findings = {};
  std::vector<std::string_view> alerts = {};
};

struct Scenario {
  std::string_view name;
  std::string_view summary;
  std::string_view duration;
  int clusters = 3;  // those that no fact names are well from end to end
  int tikv = 3;
  int tidb = 2;
  std::vector<std::string> incidents = {};  // as ParseIncident() reads them
  std::map<int, int64_t> clock_ahead_ms = {};
  std::map<int, int> named_like = {};
  std::vector<Fact> facts = {};  // in order of time
};

// All of them.
std::span<const Scenario> Scenarios();

// NotFound, with the names there are.
absl::StatusOr<const Scenario*> FindScenario(std::string_view name);

// The fleet of `scenario`, begun at `start_ms`; seed and labels are those of `base`. Nothing
// befalls it but what the script says.
absl::StatusOr<FleetOptions> FleetOf(const Scenario& scenario, int64_t start_ms, FleetOptions base);

// The facts, a line of JSON each:
//   {"t":1780000000000,"cluster":"c0","fact":"…","findings":["…"],"alerts":["…"]}
absl::StatusOr<std::string> TimelineJson(const Scenario& scenario, int64_t start_ms);

}  // namespace tidemark::fleetsim
