// Diagnose finds what is known to go wrong with log backup in what is known of a cluster.
//
// Pure: the same state and time give the same findings. A cluster that has fallen silent keeps
// the findings of its last moment, and has one more. Findings are candidates until the tracker
// (finding_tracker.h) has seen them hold long enough.
#pragma once

#include <cstdint>
#include <vector>

#include "fleet/diagnosis/finding.h"
#include "fleet/task/cluster_state.h"
#include "fleet/task/task_report.h"

namespace tidemark::fleet {

struct DiagnosisThresholds {
  TaskThresholds task;
  int64_t delivery_late_ms = 2 * kMinuteMs;
  int64_t clock_skew_ms = 30 * kSecondMs;
  int64_t protection_warning_ms = 12 * kHourMs;
  int64_t protection_critical_ms = 6 * kHourMs;
  int64_t pause_warning_ms = 2 * kHourMs;
  int64_t lag_critical_ms = 30 * kMinuteMs;
};

// In falling order of severity, then in order of kind and task.
std::vector<Finding> Diagnose(const ClusterState& cluster, int64_t now_ms,
                              const DiagnosisThresholds& thresholds = {});

}  // namespace tidemark::fleet
