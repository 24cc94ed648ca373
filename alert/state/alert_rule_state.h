// AlertRuleState is the state machine of one alerting rule: which of its alerts are pending,
// firing or lately resolved, and since when.
//
// An alert is one label set. Its life, at an update for time t:
//
//                  true                t - active_at >= for
//   (unknown) ───────────► pending ──────────────────────────► firing
//       ▲                     │                                  │ false for keep_firing_for
//       │        false        │                                  ▼
//       ├─────────────────────┘                              inactive ── true ──► pending anew
//       │              more than kResolvedRetentionMs after resolved_at
//       └────────────────────────────────────────────────────────┘
//
// With `for` zero an alert fires in the update that first finds it true. An alert that became
// inactive is kept for a while so that its end can be sent more than once.
//
// There is no clock, no input and no output here: what happens depends on the updates alone, so
// two machines given the same updates are equal, and one that was saved and restored goes on as
// if nothing had been. Times are those of the updates and must not go back. Thread-compatible.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/rules/rule_file.h"
#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::alert {

inline constexpr int64_t kResolvedRetentionMs = 15 * 60 * 1000;

// In rising order of gravity.
enum class AlertState : uint8_t { kInactive, kPending, kFiring };

// "inactive", "pending", "firing"
std::string_view ToString(AlertState state);

// What a rule says of its alerts.
struct AlertRuleSettings {
  int64_t for_ms = 0;
  int64_t keep_firing_for_ms = 0;
  size_t limit = 0;  // active alerts the rule may have; 0: any number
};

// One alert of which the rule's expression is true now.
struct TrueAlert {
  model::Labels labels;  // final: templates expanded, alertname set
  double value = 0;
  TextPairs annotations;
};

// One alert with all that is known of it. A plain value: the unit of saving and restoring.
struct Alert {
  model::Labels labels;
  double value = 0;  // of the last update that found it true
  TextPairs annotations;
  AlertState state = AlertState::kPending;
  bool is_true = false;  // in the last update
  model::Timestamp active_at = 0;
  std::optional<model::Timestamp> fired_at = std::nullopt;
  std::optional<model::Timestamp> resolved_at = std::nullopt;        // set when inactive
  std::optional<model::Timestamp> keep_firing_since = std::nullopt;  // firing, and false since
  std::optional<model::Timestamp> last_sent_at = std::nullopt;       // to the receivers
  std::optional<model::Timestamp> valid_until = std::nullopt;        // told them when sent
  // Since when what the alert was computed from has been missing: it is held in its state.
  std::optional<model::Timestamp> silent_since = std::nullopt;

  friend bool operator==(const Alert& a, const Alert& b);
};

// An alert's state changed, or its silence began or ended. An alert that is dropped while pending
// goes to kInactive too.
struct Transition {
  model::Timestamp t = 0;
  AlertState from = AlertState::kInactive;
  AlertState to = AlertState::kInactive;
  Alert alert;  // as it is after the change
};

class AlertRuleState {
 public:
  explicit AlertRuleState(const AlertRuleSettings& settings) : settings_(settings) {}

  // The expression was evaluated for time `t` and is true of exactly these alerts. Gives what
  // changed, in order of labels. FailedPrecondition if two of them have equal labels: nothing
  // changes. FailedPrecondition if more alerts than the limit are then active: all alerts are
  // forgotten. REQUIRES: `t` is not before any earlier update's.
  //
  // With `hold_absent` an alert that is not among them is not at its end: what it was computed from
  // is missing. It is held in its state, with silent_since set, until an update without
  // `hold_absent` or one that finds it true. Where only its silence begins or ends, a transition
  // has from and to alike.
  absl::StatusOr<std::vector<Transition>> Update(model::Timestamp t,
                                                 std::vector<TrueAlert> true_alerts,
                                                 bool hold_absent = false);

  // Time went on to `t` and nothing else changed: as Update() with the alerts true at the last
  // update. A caller that does not update periodically calls this at each NextChange().
  std::vector<Transition> Advance(model::Timestamp t);

  // The earliest time at which Advance() would change anything; none while only an update can.
  // It may be in the past after a restore or new settings.
  std::optional<model::Timestamp> NextChange() const;

  // What is due to be sent to the receivers at `t`, marked as sent: alerts that fire or are
  // resolved and were never sent, were resolved since, or were sent more than `resend_delay_ms`
  // ago. Until valid_until a receiver may take an alert as firing without hearing of it again:
  // four times the longer of delay and evaluation interval.
  std::vector<Alert> TakeDue(model::Timestamp t, int64_t resend_delay_ms, int64_t interval_ms);

  // The earliest time at which TakeDue() would give anything.
  std::optional<model::Timestamp> NextDue(int64_t resend_delay_ms) const;

  // All alerts, the lately resolved among them, in order of labels: what to save.
  std::span<const Alert> alerts() const { return alerts_; }
  // The alert with these labels, if it is pending and true, has been so since `active_at`, as it
  // turned out afterwards. Later times than what is known change nothing.
  void Backdate(model::LabelsView labels, model::Timestamp active_at);
  // Goes on from alerts saved earlier.
  void Restore(std::vector<Alert> alerts);
  // Takes effect at the next update. A longer `for` makes a firing alert that is too young
  // pending again.
  void set_settings(const AlertRuleSettings& settings) { settings_ = settings; }
  const AlertRuleSettings& settings() const { return settings_; }

  // The gravest state of any alert.
  AlertState state() const;
  // Alerts that are pending or firing.
  size_t active_count() const;

 private:
  // What a transition is told by.
  struct Before {
    AlertState state = AlertState::kInactive;
    bool silent = false;
  };
  static std::vector<Before> Merge(model::Timestamp t, std::vector<TrueAlert>&& now,
                                   std::vector<Alert>* known);
  bool Step(model::Timestamp t, Alert* alert) const;
  std::vector<Transition> StepAll(model::Timestamp t, std::span<const Before> before);
  std::optional<model::Timestamp> NextChangeOf(const Alert& alert) const;

  AlertRuleSettings settings_;
  std::vector<Alert> alerts_;  // in order of labels, which are distinct
};

}  // namespace tidemark::alert
