// Alerts and their transitions as messages of tidemark.v1. Pure.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/history/alert_record.h"
#include "alert/live/live_engine.h"
#include "model/matcher.h"
#include "proto/tidemark/v1/alert.pb.h"

namespace tidemark::server {

// What an AlertFilter selects.
class AlertSelection {
 public:
  // InvalidArgument, with the matcher and what is wrong with it.
  static absl::StatusOr<AlertSelection> Create(const v1::AlertFilter& filter);

  bool Has(const std::string& rule, model::LabelsView labels, alert::AlertState state) const {
    return HasRule(rule) && HasLabels(labels) && HasState(state);
  }
  bool HasState(alert::AlertState state) const;
  // Also what has left one of the states.
  bool HasChange(const alert::AlertRecord& record) const;

  const std::vector<model::Matcher>& matchers() const { return matchers_; }
  const std::set<std::string>& rules() const { return rules_; }

 private:
  bool HasRule(const std::string& rule) const { return rules_.empty() || rules_.contains(rule); }
  bool HasLabels(model::LabelsView labels) const;

  std::vector<model::Matcher> matchers_;
  std::set<std::string> rules_;
  std::set<v1::AlertState> states_;
};

v1::AlertTransition TransitionMessage(const alert::AlertRecord& record);

// The alerts that are pending or firing and are selected, in order of labels.
std::vector<v1::Alert> ActiveAlerts(const std::vector<alert::LiveGroupStatus>& groups,
                                    const AlertSelection& selection);

// An alert as a watcher is told of it that begins now.
v1::AlertTransition InitialTransition(v1::Alert alert);

}  // namespace tidemark::server
