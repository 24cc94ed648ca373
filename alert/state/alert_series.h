// The series in which a store shows what alerts a rule has: ALERTS and ALERTS_FOR_STATE.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "alert/state/alert_rule_state.h"
#include "query/engine/query_result.h"

namespace tidemark::alert {

inline constexpr std::string_view kAlertName = "alertname";
inline constexpr std::string_view kAlertStateLabel = "alertstate";
inline constexpr std::string_view kAlertsMetric = "ALERTS";
inline constexpr std::string_view kAlertsForStateMetric = "ALERTS_FOR_STATE";

// For each alert that is pending or firing, in order: ALERTS with the alert's labels and its state,
// value 1, and ALERTS_FOR_STATE with its labels, value active_at in whole seconds. A series of
// which the previous evaluation had a sample and this one has none is at its end: whoever writes
// the samples marks it stale, as it does for any rule.
std::vector<query::VectorSample> AlertSeries(std::string_view rule_name,
                                             std::span<const Alert> alerts);

}  // namespace tidemark::alert
