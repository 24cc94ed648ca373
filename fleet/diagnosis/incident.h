// Incident is one cause that many clusters share: findings of one kind that came to them within
// minutes. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/diagnosis/finding.h"

namespace tidemark::fleet {

using LabelPairs = std::vector<std::pair<std::string, std::string>>;

// What the grouping must know of one cluster.
struct ClusterFindings {
  std::string_view cluster;        // its name
  const LabelPairs* group_labels;  // region, storage, …, where it has them
  std::span<const Finding> findings;
  bool to_resume = false;  // a task of it is paused, failed or orphaned
};

struct Incident {
  FindingKind kind = FindingKind::kFlushFailing;
  LabelPairs shared;                       // labels that all its clusters have alike
  model::Timestamp began = 0;              // of the first cluster
  Severity severity = Severity::kWarning;  // the worst
  std::vector<std::string> clusters;       // in order of name
  std::vector<std::string> to_resume;      // those of them whose tasks do not run
};

struct IncidentRules {
  size_t min_clusters = 3;
  int64_t within_ms = 5 * kMinuteMs;  // between one onset and the next
};

// Clusters with a finding of a kind that is often shared are one incident if each began within
// `within_ms` of the one before it, and they agree in one of the group labels, or have none. A
// cluster that has several such findings is in an incident of each kind.
std::vector<Incident> FindIncidents(std::span<const ClusterFindings> fleet,
                                    const IncidentRules& rules = {});

}  // namespace tidemark::fleet
