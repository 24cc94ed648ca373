// PlayScenario plays a scenario of the fleet simulator as its senders would deliver it: what is cut
// off comes late, what a dead sender would have sent never comes.
//
// Time goes from target to target: each is scraped at its own place in the interval, and what it
// told is delivered at that moment. Deterministic.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "model/labels.h"
#include "model/sample.h"
#include "tools/fleetsim/scenario.h"

namespace tidemark::testing {

// To whom a scenario is played. An error ends the play.
class ScenarioAudience {
 public:
  virtual ~ScenarioAudience() = default;

  // A compressed WriteRequest arrives.
  virtual absl::Status Take(const std::string& body) = 0;
  // The clock shows `now`, and what was sent before has arrived. Ascends.
  virtual absl::Status TimeIs(model::Timestamp now) = 0;
  // A round of scrapes is over, the `n`-th from 0.
  virtual absl::Status RoundIsOver(int64_t n) = 0;
};

struct ScenarioPlayOptions {
  model::Timestamp start = 1'780'000'000'000;
  model::Timestamp until = 0;    // 0: to the scenario's end
  int64_t interval_ms = 15'000;  // of scrapes
  uint64_t seed = 1;
  std::function<bool(std::string_view metric)> keep = {};  // empty: every metric is sent
};

absl::Status PlayScenario(const fleetsim::Scenario& scenario, const ScenarioPlayOptions& options,
                          ScenarioAudience* audience);

// Calls `visit` for each sample of a compressed WriteRequest.
absl::Status VisitSamples(
    const std::string& body,
    absl::FunctionRef<absl::Status(const model::Labels& labels, model::Sample sample)> visit);

// What the label `cluster` of a cluster's series is.
std::string ClusterOf(const fleetsim::Scenario& scenario, int cluster);

}  // namespace tidemark::testing
