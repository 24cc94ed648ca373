// LiveInputs says which series the rules in force read, quickly: by metric name first.
//
// Immutable; thread-safe.
#pragma once

#include <memory>
#include <vector>

#include "alert/live/cluster_identity.h"
#include "alert/live/live_rule.h"
#include "base/string_map.h"
#include "model/labels.h"

namespace tidemark::alert {

class LiveInputs {
 public:
  LiveInputs(const std::vector<std::unique_ptr<LiveRule>>& rules, const ClusterIdentity& identity);

  // Whether some rule may read a series with these labels.
  bool MayRead(model::LabelsView labels) const;
  // What to select to find them all. A series may be found more than once.
  std::vector<std::vector<model::Matcher>> selections() const;
  // Ranks of the rules that may read some series of the metric, ascending.
  std::vector<uint32_t> RulesFor(std::string_view metric) const;

 private:
  // What of an input can be tested on a series' full labels.
  struct Test {
    uint32_t rank = 0;
    std::vector<model::Matcher> matchers;

    bool Passes(model::LabelsView labels) const;
  };

  base::StringMap<std::vector<Test>> by_metric_;
  std::vector<Test> of_any_metric_;
};

}  // namespace tidemark::alert
