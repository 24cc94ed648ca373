#include "server/alerting/rule_sink.h"

#include <utility>

#include "base/status_macros.h"

namespace tidemark::server {
namespace {

// From a tenth of a millisecond to a minute and a half.
std::vector<double> DelayBounds() { return base::ExponentialBounds(0.0001, 2, 20); }

std::string_view CauseOf(storage::Refusal refusal) {
  switch (refusal) {
    case storage::Refusal::kNone:
      break;
    case storage::Refusal::kTooOld:
      return "older than the retention";
    case storage::Refusal::kTooNew:
      return "too far in the future";
    case storage::Refusal::kConflict:
      return "the series has another value at this time";
  }
  return "";
}

alert::AlertRecord RecordOf(const alert::RuleGroup& group, const alert::Rule& rule,
                            const alert::Alert& alert) {
  alert::AlertRecord record;
  record.file = group.file;
  record.group = group.name;
  record.rule = rule.name;
  record.rule_labels = alert::LabelsOf(group, rule);
  record.from = alert.state;
  record.alert = alert;
  return record;
}

alert::Notification NotificationOf(const alert::DueAlert& due, const std::string& external_url,
                                   model::Timestamp now) {
  const alert::Alert& alert = due.alert;
  return {.labels = alert.labels,
          .annotations = alert.annotations,
          .starts_at = alert.fired_at.value_or(alert.active_at),
          .ends_at = alert.resolved_at.value_or(alert.valid_until.value_or(now)),
          .generator_url = alert::GeneratorUrl(external_url, due.rule->expr)};
}

}  // namespace

RuleSink::RuleSink(const Deps& deps, std::string external_url)
    : deps_(deps),
      external_url_(std::move(external_url)),
      written_(deps.metrics->AddCounter("tidemark_rule_samples_written_total",
                                        "Samples that rules have written to the store.")),
      refused_(deps.metrics->AddCounter("tidemark_rule_samples_refused_total",
                                        "Samples of rules that the store has refused.")),
      session_(deps.db) {}

storage::HeadSeries* RuleSink::SeriesOf(model::LabelsView labels) {
  const model::Hash128 hash = session_.table().Hash(labels.bytes());
  if (storage::HeadSeries* const known = session_.table().Find(labels.bytes(), hash)) {
    return known;
  }
  storage::Head::Wanted wanted{labels, hash, nullptr};
  session_.Register({&wanted, 1});
  return wanted.series;
}

absl::Status RuleSink::Write(model::LabelsView labels, model::Sample sample) {
  if (!session_is_open_) {
    session_.Begin();
    session_is_open_ = true;
  }
  const storage::Refusal refusal = session_.Append(SeriesOf(labels), sample);
  if (refusal == storage::Refusal::kNone) {
    written_->Add();
    return absl::OkStatus();
  }
  refused_->Add();
  return absl::FailedPreconditionError(
      fmt::format("sample of {} refused: {}", labels.ToString(), CauseOf(refusal)));
}

absl::Status RuleSink::Commit() {
  if (!session_is_open_) {
    return absl::OkStatus();
  }
  session_is_open_ = false;
  // What a full disk refuses is in memory all the same; the journal tells of its disk itself.
  session_.Commit([](const absl::Status&) {});
  return absl::OkStatus();
}

void RuleSink::Changed(const alert::LiveTransition& transition) {
  alert::AlertRecord record =
      RecordOf(transition.group, transition.rule, transition.transition.alert);
  record.kind = transition.cause == alert::LiveCause::kLate ? alert::RecordKind::kLate
                                                            : alert::RecordKind::kTransition;
  record.cluster = model::Labels(transition.cluster);
  record.partition = model::Labels(transition.partition);
  record.inputs = transition.inputs;
  record.from = transition.transition.from;
  record.t = transition.transition.t;
  record.received_at = transition.decided_at;
  record.sample_time = transition.sample_time;
  record.cause = std::string(alert::ToString(transition.cause));
  // First, as who is told may ask for the history at once.
  deps_.history->Record({record});
  if (deps_.watcher != nullptr) {
    deps_.watcher(record);
  }
}

void RuleSink::ObserveDelay(const alert::DueAlert& due, int64_t now_nanos) {
  if (!due.decided_nanos.has_value()) {
    return;
  }
  base::Histogram*& histogram = delays_[{due.group->file, due.group->name, due.rule->name}];
  if (histogram == nullptr) {
    histogram = deps_.metrics->AddHistogram(
        "tidemark_rule_detection_delay_seconds",
        "From the deciding sample or deadline until receivers are told.", DelayBounds(),
        {{"file", due.group->file}, {"rule_group", due.group->name}, {"rule", due.rule->name}});
  }
  histogram->Observe(static_cast<double>(now_nanos - *due.decided_nanos) * 1e-9);
}

void RuleSink::Send(std::span<const alert::DueAlert> alerts) {
  const model::Timestamp now = deps_.clock->NowMs();
  std::vector<alert::Notification> notifications;
  notifications.reserve(alerts.size());
  for (const alert::DueAlert& due : alerts) {
    notifications.push_back(NotificationOf(due, external_url_, now));
  }
  {
    base::MutexLock lock(&mu_);
    if (receivers_ != nullptr) {
      receivers_->Send(notifications, now);
    }
  }
  const int64_t now_nanos = deps_.clock->SteadyNanos();
  for (const alert::DueAlert& due : alerts) {
    ObserveDelay(due, now_nanos);
  }
  // Behind the telling, which must not wait for it. That something is told again is not worth a
  // record: after a restart it is told once more.
  std::vector<alert::AlertRecord> records;
  for (const alert::DueAlert& due : alerts) {
    if (due.decided_nanos.has_value()) {
      records.push_back(RecordOf(*due.group, *due.rule, due.alert));
      records.back().kind = alert::RecordKind::kUpdate;
      records.back().cluster = due.cluster;
      records.back().t = records.back().received_at = now;
    }
  }
  deps_.history->Record(std::move(records));
}

std::shared_ptr<alert::NotificationSink> RuleSink::SetReceivers(
    std::shared_ptr<alert::NotificationSink> receivers) {
  base::MutexLock lock(&mu_);
  return std::exchange(receivers_, std::move(receivers));
}

}  // namespace tidemark::server
