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

// In order of name. `name` is the cluster whose name it bears: itself, unless two share one.
LabelPairs TargetLabels(LabelStyle style, int cluster, int name, Role role, int ordinal);

}  // namespace tidemark::fleetsim
