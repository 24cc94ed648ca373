// ScenarioRun plays a scenario of the fleet simulator into a store in memory, has rule files
// evaluated as time goes on, and keeps when which alert fired.
//
// After each round of scrapes the series by which Tidemark tells when it last heard of a cluster is
// written, and now and then all rules are evaluated.
// Owned by one thread. The rule files must outlive it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "alert/group/group_evaluator.h"
#include "base/clock.h"
#include "query/engine/engine.h"
#include "storage/memory_querier.h"
#include "tests/testing/scenario_player.h"

namespace tidemark::testing {

struct ScenarioRunOptions {
  model::Timestamp start = 1'780'000'000'000;
  int64_t interval_ms = 30'000;  // of scrapes
  int64_t evaluate_every = 1;    // rounds
  uint64_t seed = 1;
};

// When an alert fired, in milliseconds since the start of the scenario.
struct FiringTime {
  int64_t begin_ms = 0;
  int64_t end_ms = 0;  // of the scenario, if it still fires there
};

// By name of the alert and value of its label `cluster`.
using Firings = std::map<std::pair<std::string, std::string>, std::vector<FiringTime>>;

class ScenarioRun final : private ScenarioAudience {
 public:
  ScenarioRun(const fleetsim::Scenario& scenario, const std::vector<alert::RuleFile>& files,
              const ScenarioRunOptions& options);

  absl::Status Run();
  const Firings& firings() const { return firings_; }

 private:
  absl::Status MakeGroups(const std::vector<alert::RuleFile>& files);
  absl::Status Take(const std::string& body) override;
  absl::Status TimeIs(model::Timestamp now) override;
  absl::Status RoundIsOver(int64_t n) override;
  absl::Status Evaluate(model::Timestamp t);
  void TellLastSamples(model::Timestamp t);
  void Note(model::Timestamp t);

  const fleetsim::Scenario& scenario_;
  const ScenarioRunOptions options_;
  absl::Status status_;
  model::Timestamp now_ = 0;
  storage::MemoryQuerier store_;
  base::SystemClock clock_;
  query::Engine engine_;
  std::vector<std::unique_ptr<alert::GroupEvaluator>> groups_;
  std::set<std::string> metrics_;  // that any rule reads
  std::set<std::string> heard_;    // clusters, in this round
  std::map<std::string, model::Timestamp> last_heard_;
  std::set<std::pair<std::string, std::string>> firing_;
  Firings firings_;
};

}  // namespace tidemark::testing
