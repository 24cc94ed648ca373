// ScenarioDiagnosis follows a fleet to which a scenario of the simulator is played, as the server
// does, and keeps when each finding was first and last there.
//
// Diagnosed is after each round of scrapes; or, from a moment on, after each request and at each
// tenth of a second, so that what is kept is the moment from which on the finding can be known.
// Deterministic; owned by one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/string_map.h"
#include "fleet/fleet.h"
#include "tests/testing/scenario_player.h"

namespace tidemark::testing {

class ScenarioDiagnosis final : public ScenarioAudience {
 public:
  struct Span {
    model::Timestamp begin = 0;
    model::Timestamp end = 0;
    fleet::Severity worst = fleet::Severity::kInfo;
  };
  // By name of the finding and of its cluster.
  using Found = std::map<std::pair<std::string, std::string>, Span>;

  // With `closely_from` nothing is diagnosed before it, and everything closely from then on.
  explicit ScenarioDiagnosis(std::optional<model::Timestamp> closely_from = std::nullopt)
      : closely_from_(closely_from) {}

  absl::Status Take(const std::string& body) override;
  absl::Status TimeIs(model::Timestamp now) override;
  absl::Status RoundIsOver(int64_t n) override;

  const Found& found() const { return found_; }

 private:
  const std::optional<fleet::Fleet::Input>& InputOf(const model::Labels& labels);
  bool Closely() const { return closely_from_.has_value() && now_ >= *closely_from_; }
  void Diagnose(bool all);
  void Note(const std::string& cluster, const fleet::Finding& finding);

  const std::optional<model::Timestamp> closely_from_;
  model::Timestamp now_ = 0;
  fleet::Fleet fleet_{{}};
  uint64_t generation_ = 0;                                     // of the inputs
  base::StringMap<std::optional<fleet::Fleet::Input>> inputs_;  // by the bytes of the labels
  Found found_;
};

}  // namespace tidemark::testing
