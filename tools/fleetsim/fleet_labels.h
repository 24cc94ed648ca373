// The labels a fleet's senders attach: those of the target and the external ones of its Prometheus.
#pragma once

#include <string>
#include <string_view>

#include "tools/fleetsim/fleet_model.h"

namespace tidemark::fleetsim {

// "tikv", "tidb", "pd".
std::string_view RoleName(Role role);
std::string ClusterName(int cluster);  // "c0"
std::string PagePath(int cluster, Role role, int ordinal);

// Of an instance of the fleet with these options, in order of name.
LabelPairs TargetLabels(const FleetOptions& options, int cluster, Role role, int ordinal);

}  // namespace tidemark::fleetsim
