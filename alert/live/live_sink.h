// LiveSink takes what the live evaluation of rules gives: samples, changes of alerts, and alerts
// that are due to be told to the receivers.
//
// Called by the thread that evaluates, one call at a time. No call may block, and none may call the
// engine. Views and references are valid during the call.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "alert/rules/rule_file.h"
#include "alert/state/alert_rule_state.h"
#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::alert {

// What made an alert change.
enum class LiveCause : uint8_t {
  kArrival,    // a sample came
  kDeadline,   // time alone: a crossing, a sample that left its window, the end of a `for`
  kTick,       // one of the regular evaluations of what has no deadline
  kLate,       // samples that came too late to count now; of the history only, nobody is told
  kSilent,     // its inputs vanished: the state is held, Alert::silent_since is set
  kReload,     // its rule is gone, or says something else now
  kForgotten,  // somebody has taken its cluster off the list
};

// "arrival", "deadline", "tick", "late", "silent", "reload", "forgotten"
std::string_view ToString(LiveCause cause);

// One change of one alert. From and to are the same state where only silence began or ended.
struct LiveTransition {
  const RuleGroup& group;
  const Rule& rule;
  // The identity labels of the cluster the rule was evaluated for; empty of a fleet-wide group.
  model::LabelsView cluster;
  const Transition& transition;
  // What SavedAlert has besides, so that whoever keeps transitions can restore the alert.
  model::LabelsView partition{};
  uint64_t inputs = 0;
  // Of the deciding sample, in the sender's clock; none where no sample decided.
  std::optional<model::Timestamp> sample_time;
  // When the deciding sample was received, or when the deadline was: wall ms, and the same moment
  // in nanoseconds of the steady clock.
  model::Timestamp decided_at = 0;
  int64_t decided_nanos = 0;
  LiveCause cause = LiveCause::kArrival;
};

// One alert that the receivers are to be told of.
struct DueAlert {
  const RuleGroup* group = nullptr;
  const Rule* rule = nullptr;
  model::Labels cluster{};  // as in LiveTransition
  Alert alert;
  // When what is told now for the first time was decided (see LiveTransition); none where it is
  // only repeated.
  std::optional<int64_t> decided_nanos;
};

class LiveSink {
 public:
  virtual ~LiveSink() = default;

  // Takes one sample of a recorded series, of ALERTS or of ALERTS_FOR_STATE, or a staleness marker
  // that ends one. An error when it is refused, say because the series has another at that time.
  virtual absl::Status Write(model::LabelsView labels, model::Sample sample) = 0;

  // Behind one or more Write(). From here on the samples are seen by the store the engine reads,
  // and have come as arrivals if somebody wants them.
  virtual absl::Status Commit() = 0;

  virtual void Changed(const LiveTransition& transition) = 0;

  // The state of these alerts says that they have been sent.
  virtual void Send(std::span<const DueAlert> alerts) = 0;
};

}  // namespace tidemark::alert
