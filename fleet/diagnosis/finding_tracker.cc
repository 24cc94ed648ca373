#include "fleet/diagnosis/finding_tracker.h"

namespace tidemark::fleet {
namespace {

std::string WhatOf(const Finding& finding) {
  // A finding of one task or of the cluster stays the same when another store joins in.
  return finding.kind == FindingKind::kHotWrites && !finding.instances.empty()
             ? finding.instances.front()
             : finding.task;
}

}  // namespace

std::vector<Finding> FindingTracker::Update(std::vector<Finding> candidates, model::Timestamp t) {
  std::map<Key, model::Timestamp> now;
  std::vector<Finding> held;
  for (Finding& finding : candidates) {
    const Key key(finding.kind, WhatOf(finding));
    const auto known = since_.find(key);
    finding.since = known == since_.end() ? t : known->second;
    now.emplace(key, finding.since);
    if (t - finding.since >= InfoOf(finding.kind).hold_ms) {
      held.push_back(std::move(finding));
    }
  }
  since_ = std::move(now);
  return held;
}

}  // namespace tidemark::fleet
