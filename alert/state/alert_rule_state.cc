#include "alert/state/alert_rule_state.h"

#include <algorithm>

#include "fmt/format.h"

namespace tidemark::alert {
namespace {

using model::Timestamp;

bool IsActive(const Alert& alert) { return alert.state != AlertState::kInactive; }

bool InOrder(const TrueAlert& a, const TrueAlert& b) {
  return model::Compare(a.labels, b.labels) < 0;
}

absl::Status CheckDistinct(const std::vector<TrueAlert>& sorted) {
  const auto same = std::adjacent_find(
      sorted.begin(), sorted.end(),
      [](const TrueAlert& a, const TrueAlert& b) { return a.labels == b.labels; });
  if (same == sorted.end()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      fmt::format("vector contains metrics with the same labelset after applying alert labels: {}",
                  same->labels.ToString()));
}

Alert NewAlert(Timestamp t, TrueAlert&& now) {
  return {.labels = std::move(now.labels),
          .value = now.value,
          .annotations = std::move(now.annotations),
          .state = AlertState::kPending,
          .is_true = true,
          .active_at = t};
}

// The alert is true again, or still: it begins anew if it had ended.
void Refresh(Timestamp t, TrueAlert&& now, Alert* alert) {
  if (!IsActive(*alert)) {
    *alert = NewAlert(t, std::move(now));
    return;
  }
  alert->value = now.value;
  alert->annotations = std::move(now.annotations);
  alert->is_true = true;
  alert->silent_since.reset();
}

void End(Timestamp t, Alert* alert) {
  alert->state = AlertState::kInactive;
  alert->resolved_at = t;
}

// Whether a firing alert that is not true any more goes on firing at `t`.
bool KeepsFiring(Timestamp t, int64_t keep_firing_for_ms, Alert* alert) {
  if (alert->state != AlertState::kFiring || keep_firing_for_ms == 0) {
    return false;
  }
  if (!alert->keep_firing_since.has_value()) {
    alert->keep_firing_since = t;
  }
  return t - *alert->keep_firing_since < keep_firing_for_ms;
}

void ApplyFor(Timestamp t, int64_t for_ms, Alert* alert) {
  const bool old_enough = t - alert->active_at >= for_ms;
  if (alert->state == AlertState::kPending && old_enough) {
    alert->state = AlertState::kFiring;
    alert->fired_at = t;
  } else if (alert->state == AlertState::kFiring && !old_enough) {
    alert->state = AlertState::kPending;
    alert->fired_at.reset();
    alert->last_sent_at.reset();
    alert->keep_firing_since.reset();
  }
}

// The first time at which `alert` is due to be sent; none while it is pending.
std::optional<Timestamp> DueAt(const Alert& alert, int64_t resend_delay_ms) {
  if (alert.state == AlertState::kPending) {
    return std::nullopt;
  }
  const Timestamp since = alert.resolved_at.value_or(alert.fired_at.value_or(alert.active_at));
  const bool resolved_unsent = alert.resolved_at > alert.last_sent_at;
  if (!alert.last_sent_at.has_value() || resolved_unsent) {
    return since;
  }
  return *alert.last_sent_at + resend_delay_ms + 1;
}

std::optional<Timestamp> Earlier(std::optional<Timestamp> a, std::optional<Timestamp> b) {
  if (!a.has_value() || !b.has_value()) {
    return a.has_value() ? a : b;
  }
  return std::min(*a, *b);
}

// Alerts that were not found true are held from `t` on, if they are not already.
void Hold(Timestamp t, std::vector<Alert>* alerts) {
  for (Alert& alert : *alerts) {
    if (!alert.is_true && IsActive(alert) && !alert.silent_since.has_value()) {
      alert.silent_since = t;
    }
  }
}

void Release(std::vector<Alert>* alerts) {
  for (Alert& alert : *alerts) {
    alert.silent_since.reset();
  }
}

}  // namespace

std::string_view ToString(AlertState state) {
  switch (state) {
    case AlertState::kInactive:
      return "inactive";
    case AlertState::kPending:
      return "pending";
    case AlertState::kFiring:
      return "firing";
  }
  return "";
}

bool operator==(const Alert& a, const Alert& b) {
  return a.labels == b.labels && model::SameBits(a.value, b.value) &&
         a.annotations == b.annotations && a.state == b.state && a.is_true == b.is_true &&
         a.active_at == b.active_at && a.fired_at == b.fired_at && a.resolved_at == b.resolved_at &&
         a.keep_firing_since == b.keep_firing_since && a.last_sent_at == b.last_sent_at &&
         a.valid_until == b.valid_until && a.silent_since == b.silent_since;
}

// Merges what is true now into what is known. Alerts of `known` with a match are refreshed, those
// without are marked as not true, and new ones are put in between. Gives what each was before.
std::vector<AlertRuleState::Before> AlertRuleState::Merge(Timestamp t, std::vector<TrueAlert>&& now,
                                                          std::vector<Alert>* known) {
  std::vector<Alert> merged;
  std::vector<Before> before;
  merged.reserve(known->size() + now.size());
  auto next = now.begin();
  const auto add_new = [&] {
    merged.push_back(NewAlert(t, std::move(*next++)));
    before.push_back({});
  };
  for (Alert& alert : *known) {
    while (next != now.end() && model::Compare(next->labels, alert.labels) < 0) {
      add_new();
    }
    before.push_back({alert.state, alert.silent_since.has_value()});
    alert.is_true = false;
    if (next != now.end() && next->labels == alert.labels) {
      Refresh(t, std::move(*next++), &alert);
    }
    merged.push_back(std::move(alert));
  }
  while (next != now.end()) {
    add_new();
  }
  *known = std::move(merged);
  return before;
}

// Moves one alert on to `t`, according to whether it is true; false when it is to be forgotten.
bool AlertRuleState::Step(Timestamp t, Alert* alert) const {
  if (alert->silent_since.has_value()) {
    return true;
  }
  if (alert->is_true) {
    alert->keep_firing_since.reset();
  } else if (alert->state == AlertState::kInactive) {
    return t - *alert->resolved_at <= kResolvedRetentionMs;
  } else if (!KeepsFiring(t, settings_.keep_firing_for_ms, alert)) {
    const bool was_firing = alert->state == AlertState::kFiring;
    End(t, alert);
    return was_firing;
  }
  ApplyFor(t, settings_.for_ms, alert);
  return true;
}

absl::StatusOr<std::vector<Transition>> AlertRuleState::Update(Timestamp t,
                                                               std::vector<TrueAlert> now,
                                                               bool hold_absent) {
  std::sort(now.begin(), now.end(), InOrder);
  if (absl::Status distinct = CheckDistinct(now); !distinct.ok()) {
    return distinct;
  }
  const std::vector<Before> before = Merge(t, std::move(now), &alerts_);
  if (hold_absent) {
    Hold(t, &alerts_);
  } else {
    Release(&alerts_);
  }
  std::vector<Transition> transitions = StepAll(t, before);
  const size_t active = active_count();
  if (settings_.limit > 0 && active > settings_.limit) {
    alerts_.clear();
    return absl::FailedPreconditionError(
        fmt::format("exceeded limit of {} with {} alerts", settings_.limit, active));
  }
  return transitions;
}

std::vector<Transition> AlertRuleState::Advance(Timestamp t) {
  std::vector<Before> before;
  before.reserve(alerts_.size());
  for (const Alert& alert : alerts_) {
    before.push_back({alert.state, alert.silent_since.has_value()});
  }
  return StepAll(t, before);
}

std::vector<Transition> AlertRuleState::StepAll(Timestamp t, std::span<const Before> before) {
  std::vector<Transition> transitions;
  size_t kept = 0;
  for (size_t i = 0; i < alerts_.size(); ++i) {
    Alert& alert = alerts_[i];
    const bool keep = Step(t, &alert);
    if (alert.state != before[i].state || alert.silent_since.has_value() != before[i].silent) {
      transitions.push_back({t, before[i].state, alert.state, alert});
    }
    if (keep && kept++ != i) {
      alerts_[kept - 1] = std::move(alert);
    }
  }
  alerts_.resize(kept);
  return transitions;
}

std::optional<Timestamp> AlertRuleState::NextChangeOf(const Alert& alert) const {
  if (alert.silent_since.has_value()) {
    return std::nullopt;
  }
  switch (alert.state) {
    case AlertState::kInactive:
      return *alert.resolved_at + kResolvedRetentionMs + 1;
    case AlertState::kPending:
      return alert.active_at + settings_.for_ms;
    case AlertState::kFiring:
      break;
  }
  if (alert.keep_firing_since.has_value()) {
    return *alert.keep_firing_since + settings_.keep_firing_for_ms;
  }
  return std::nullopt;
}

std::optional<Timestamp> AlertRuleState::NextChange() const {
  std::optional<Timestamp> next;
  for (const Alert& alert : alerts_) {
    next = Earlier(next, NextChangeOf(alert));
  }
  return next;
}

std::vector<Alert> AlertRuleState::TakeDue(Timestamp t, int64_t resend_delay_ms,
                                           int64_t interval_ms) {
  std::vector<Alert> due;
  for (Alert& alert : alerts_) {
    const std::optional<Timestamp> at = DueAt(alert, resend_delay_ms);
    if (at.has_value() && *at <= t) {
      alert.last_sent_at = t;
      alert.valid_until = t + 4 * std::max(resend_delay_ms, interval_ms);
      due.push_back(alert);
    }
  }
  return due;
}

std::optional<Timestamp> AlertRuleState::NextDue(int64_t resend_delay_ms) const {
  std::optional<Timestamp> next;
  for (const Alert& alert : alerts_) {
    next = Earlier(next, DueAt(alert, resend_delay_ms));
  }
  return next;
}

void AlertRuleState::Backdate(model::LabelsView labels, Timestamp active_at) {
  for (Alert& alert : alerts_) {
    if (alert.labels.view() == labels && alert.is_true && alert.state == AlertState::kPending) {
      alert.active_at = std::min(alert.active_at, active_at);
    }
  }
}

void AlertRuleState::Restore(std::vector<Alert> alerts) {
  alerts_ = std::move(alerts);
  std::sort(alerts_.begin(), alerts_.end(),
            [](const Alert& a, const Alert& b) { return model::Compare(a.labels, b.labels) < 0; });
}

AlertState AlertRuleState::state() const {
  AlertState gravest = AlertState::kInactive;
  for (const Alert& alert : alerts_) {
    gravest = std::max(gravest, alert.state);
  }
  return gravest;
}

size_t AlertRuleState::active_count() const {
  return static_cast<size_t>(std::count_if(alerts_.begin(), alerts_.end(), IsActive));
}

}  // namespace tidemark::alert
