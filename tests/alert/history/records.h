// Records of alerts for tests.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "alert/history/alert_record.h"

namespace tidemark::alert::testing {

// Alert `rule` of `cluster` goes to `state` at `t`.
inline AlertRecord RecordOf(const std::string& rule, const std::string& cluster, AlertState state,
                            model::Timestamp t) {
  AlertRecord record;
  record.file = "rules/pitr.yml";
  record.group = "PiTR";
  record.rule = rule;
  record.rule_labels = {{"severity", "critical"}};
  record.cluster = model::Labels::Of({{"cluster", cluster}});
  record.partition = model::Labels::Of({{"cluster", cluster}, {"task", "pitr"}});
  record.inputs = 3;
  record.from = state == AlertState::kPending ? AlertState::kInactive : AlertState::kPending;
  record.t = t;
  record.received_at = t + 5;
  record.cause = "arrival";
  record.sample_time = t - 20;
  record.alert.labels =
      model::Labels::Of({{"alertname", rule}, {"cluster", cluster}, {"task", "pitr"}});
  record.alert.annotations = {{"summary", "lag of " + cluster}};
  record.alert.value = 12.5;
  record.alert.state = state;
  record.alert.is_true = state != AlertState::kInactive;
  record.alert.active_at = t;
  if (state == AlertState::kFiring) {
    record.alert.fired_at = t;
  }
  if (state == AlertState::kInactive) {
    record.from = AlertState::kFiring;
    record.alert.fired_at = t - 1000;
    record.alert.resolved_at = t;
  }
  return record;
}

}  // namespace tidemark::alert::testing
