// The series in which the fleet tells what it knows, so that rules and dashboards can use it. Each
// has the identity labels of its cluster:
//
//   tidemark_cluster_last_sample_timestamp_seconds      by the sender's clock
//   tidemark_cluster_last_received_timestamp_seconds    by the receiver's
//   tidemark_cluster_delivery_lag_seconds
//   tidemark_cluster_silent                             0 or 1
//   tidemark_cluster_missing{cluster=NAME}              1 for an expected cluster never seen
//   tidemark_task_state{task,state}                     1 for the state it is in, 0 for the others
//   tidemark_task_recovery_point_timestamp_seconds{task}
//   tidemark_task_rpo_seconds{task}
//   tidemark_task_protection_left_seconds{task}
//   tidemark_task_gc_safe_point_margin_seconds{task}
//   tidemark_finding{finding,severity,confidence[,task]}  1 while it holds
//
// Pure.
#pragma once

#include <vector>

#include "fleet/fleet.h"
#include "model/labels.h"

namespace tidemark::fleet {

struct Fact {
  model::Labels labels;
  double value = 0;
};

std::vector<Fact> FactSeries(const FleetSnapshot& snapshot);

}  // namespace tidemark::fleet
