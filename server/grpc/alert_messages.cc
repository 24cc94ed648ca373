#include "server/grpc/alert_messages.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/status_macros.h"
#include "query/parser/parser.h"
#include "server/grpc/message_text.h"

namespace tidemark::server {
namespace {

static_assert(static_cast<int>(alert::AlertState::kInactive) + 1 == v1::ALERT_STATE_INACTIVE);
static_assert(static_cast<int>(alert::AlertState::kFiring) + 1 == v1::ALERT_STATE_FIRING);

v1::AlertState MessageOf(alert::AlertState state) {
  return static_cast<v1::AlertState>(static_cast<int>(state) + 1);
}

v1::AlertCause CauseNamed(std::string_view name) {
  using alert::LiveCause;
  constexpr std::array<std::pair<LiveCause, v1::AlertCause>, 7> kCauses = {{
      {LiveCause::kArrival, v1::ALERT_CAUSE_ARRIVAL},
      {LiveCause::kDeadline, v1::ALERT_CAUSE_DEADLINE},
      {LiveCause::kTick, v1::ALERT_CAUSE_TICK},
      {LiveCause::kLate, v1::ALERT_CAUSE_LATE},
      {LiveCause::kSilent, v1::ALERT_CAUSE_SILENT},
      {LiveCause::kReload, v1::ALERT_CAUSE_RELOAD},
      {LiveCause::kForgotten, v1::ALERT_CAUSE_FORGOTTEN},
  }};
  const auto cause = std::find_if(kCauses.begin(), kCauses.end(), [name](const auto& entry) {
    return alert::ToString(entry.first) == name;
  });
  return cause == kCauses.end() ? v1::ALERT_CAUSE_UNSPECIFIED : cause->second;
}

void SetTimes(const alert::Alert& alert, v1::Alert* message) {
  message->set_active_at_ms(alert.active_at);
  if (alert.fired_at.has_value()) {
    message->set_fired_at_ms(*alert.fired_at);
  }
  if (alert.resolved_at.has_value()) {
    message->set_resolved_at_ms(*alert.resolved_at);
  }
  if (alert.silent_since.has_value()) {
    message->set_silent_since_ms(*alert.silent_since);
  }
}

v1::Alert AlertMessage(const std::string& group, const std::string& rule,
                       const alert::Alert& alert) {
  v1::Alert message;
  SetLabels(alert.labels, message.mutable_labels());
  for (const auto& [name, text] : alert.annotations) {
    (*message.mutable_annotations())[Utf8Text(name)] = Utf8Text(text);
  }
  message.set_state(MessageOf(alert.state));
  message.set_value(alert.value);
  SetTimes(alert, &message);
  message.set_group(Utf8Text(group));
  message.set_rule(Utf8Text(rule));
  return message;
}

}  // namespace

absl::StatusOr<AlertSelection> AlertSelection::Create(const v1::AlertFilter& filter) {
  AlertSelection selection;
  for (const std::string& text : filter.matchers()) {
    auto matchers = query::ParseSelector("{" + text + "}");
    if (!matchers.ok()) {
      return base::Annotate(matchers.status(), fmt::format("matcher \"{}\"", text));
    }
    std::move(matchers->begin(), matchers->end(), std::back_inserter(selection.matchers_));
  }
  selection.rules_.insert(filter.rules().begin(), filter.rules().end());
  for (const int state : filter.states()) {
    selection.states_.insert(static_cast<v1::AlertState>(state));
  }
  return selection;
}

bool AlertSelection::HasState(alert::AlertState state) const {
  return states_.empty() || states_.contains(MessageOf(state));
}

bool AlertSelection::HasChange(const alert::AlertRecord& record) const {
  return HasRule(record.rule) && HasLabels(record.alert.labels) &&
         (HasState(record.from) || HasState(record.alert.state));
}

bool AlertSelection::HasLabels(model::LabelsView labels) const {
  return std::all_of(matchers_.begin(), matchers_.end(),
                     [labels](const model::Matcher& matcher) { return matcher.Matches(labels); });
}

v1::AlertTransition TransitionMessage(const alert::AlertRecord& record) {
  v1::AlertTransition message;
  *message.mutable_alert() = AlertMessage(record.group, record.rule, record.alert);
  message.set_from(MessageOf(record.from));
  message.set_to(MessageOf(record.alert.state));
  message.set_cause(CauseNamed(record.cause));
  if (record.sample_time.has_value()) {
    message.set_sample_time_ms(*record.sample_time);
  }
  message.set_decided_at_ms(record.received_at);
  return message;
}

std::vector<v1::Alert> ActiveAlerts(const std::vector<alert::LiveGroupStatus>& groups,
                                    const AlertSelection& selection) {
  struct Active {
    const alert::LiveGroupStatus* group;
    const alert::LiveRuleStatus* rule;
    const alert::Alert* alert;
  };
  std::vector<Active> found;
  for (const alert::LiveGroupStatus& group : groups) {
    for (const alert::LiveRuleStatus& rule : group.rules) {
      for (const auto& active : rule.alerts) {
        if (selection.Has(rule.rule.name, active.alert.labels, active.alert.state)) {
          found.push_back({&group, &rule, &active.alert});
        }
      }
    }
  }
  std::stable_sort(found.begin(), found.end(), [](const Active& a, const Active& b) {
    return model::Compare(a.alert->labels, b.alert->labels) < 0;
  });
  std::vector<v1::Alert> messages;
  messages.reserve(found.size());
  for (const Active& active : found) {
    messages.push_back(
        AlertMessage(active.group->group.name, active.rule->rule.name, *active.alert));
  }
  return messages;
}

v1::AlertTransition InitialTransition(v1::Alert alert) {
  v1::AlertTransition message;
  message.set_from(alert.state());
  message.set_to(alert.state());
  message.set_decided_at_ms(alert.has_fired_at_ms() ? alert.fired_at_ms() : alert.active_at_ms());
  message.set_initial(true);
  *message.mutable_alert() = std::move(alert);
  return message;
}

}  // namespace tidemark::server
