// FindingTracker follows findings from one diagnosis to the next: since when each is true, and
// whether it has been so for as long as its kind asks.
//
// Times are the cluster's own, so that a backlog that is replayed is judged as if it had come in
// time. One tracker a cluster; thread-compatible.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fleet/diagnosis/finding.h"

namespace tidemark::fleet {

class FindingTracker {
 public:
  // `candidates` are all that Diagnose() finds at the cluster's time `t`. Gives those that have
  // held long enough, in the same order, with `since` set. A finding that is missing is over.
  std::vector<Finding> Update(std::vector<Finding> candidates, model::Timestamp t);

 private:
  using Key = std::pair<FindingKind, std::string>;  // with the task, or the one instance concerned
  std::map<Key, model::Timestamp> since_;
};

}  // namespace tidemark::fleet
