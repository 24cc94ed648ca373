// GroupSink takes what the evaluation of a rule group gives: samples, and changes of alerts.
//
// Called by the thread that evaluates.
#pragma once

#include <span>

#include "absl/status/status.h"
#include "alert/rules/rule_file.h"
#include "alert/state/alert_rule_state.h"
#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::alert {

class GroupSink {
 public:
  virtual ~GroupSink() = default;

  // Takes one sample of a series; an error when it is refused, say because the series has another
  // at that time. The view is valid during the call.
  virtual absl::Status Write(model::LabelsView labels, model::Sample sample) = 0;

  // Behind the samples of each rule. From here on they are seen by the querier that the group is
  // evaluated over, so that the rules behind this one are evaluated on them.
  virtual absl::Status Commit() = 0;

  // Alerts of `rule` changed their state.
  virtual void Changed(const Rule& rule, std::span<const Transition> transitions) = 0;
};

}  // namespace tidemark::alert
