#include "alert/live/live_evaluator.h"

#include <algorithm>
#include <utility>

#include "alert/group/engine_query.h"
#include "alert/group/rule_result.h"
#include "alert/live/cluster_querier.h"
#include "alert/state/alert_series.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {
namespace {

using model::Timestamp;
using query::VectorSample;

AlertRuleSettings SettingsOf(const LiveRule& rule) {
  // The limit is on all partitions together.
  return {.for_ms = rule.rule().for_ms,
          .keep_firing_for_ms = rule.rule().keep_firing_for_ms,
          .limit = 0};
}

bool LabelsInOrder(const model::Labels& a, const model::Labels& b) {
  return model::Compare(a, b) < 0;
}

bool InOrder(const VectorSample& a, const VectorSample& b) {
  return LabelsInOrder(a.labels, b.labels);
}

// Whether `samples` are the series and values that were written last.
bool SameAsWritten(const std::vector<VectorSample>& samples, const LiveWritten& written) {
  return std::equal(samples.begin(), samples.end(), written.series.begin(), written.series.end(),
                    [](const VectorSample& sample, const LiveWritten::Series& before) {
                      return model::SameBits(sample.value, before.value) &&
                             sample.labels == before.labels;
                    });
}

bool Has(const std::vector<VectorSample>& sorted, const model::Labels& labels) {
  return std::binary_search(sorted.begin(), sorted.end(), VectorSample{labels, 0}, InOrder);
}

}  // namespace

void LiveEvaluator::Evaluate(LivePartition* partition, Timestamp now, const LiveTrigger& trigger) {
  LiveRule* const rule = partition->scope->rule;
  LiveRuleFigures& figures = rule->figures;
  const int64_t start = deps_.clock->SteadyNanos();
  partition->dirty = false;
  partition->evaluated_at = now;
  const absl::Status status = TryEvaluate(partition, now, trigger);
  partition->failed = !status.ok();
  ++evaluations_;
  ++figures.evaluations;
  figures.last_evaluation = now;
  figures.last_duration_ns = deps_.clock->SteadyNanos() - start;
  figures.total_duration_ns += figures.last_duration_ns;
  figures.health = status.ok() ? RuleHealth::kOk : RuleHealth::kError;
  figures.failures += status.ok() ? 0 : 1;
  figures.error = status.ok() ? "" : std::string(base::Message(status));
}

absl::Status LiveEvaluator::TryEvaluate(LivePartition* partition, Timestamp now,
                                        const LiveTrigger& trigger) {
  const LiveRule& rule = *partition->scope->rule;
  const Timestamp t = now - rule.settings().query_offset_ms;
  const PartitionQuerier members(*partition, *deps_.store, deps_.engine->options().lookback_ms);
  // Where it fails, it is tried again.
  partition->truth_until = now + options_->tick_ms;
  partition->truth_ticks = true;
  ASSIGN_OR_RETURN(Outcome outcome, Run(*partition, members, t));
  SetNextChange(partition, now, members);
  RETURN_IF_ERROR(CountResults(partition, outcome.vector.size(), trigger, now));
  if (rule.is_alert()) {
    return GiveAlerts(partition, now, std::move(outcome), trigger);
  }
  ASSIGN_OR_RETURN(std::vector<VectorSample> series,
                   Recorded(*partition, std::move(outcome.vector)));
  return Write(partition, now, std::move(series));
}

absl::StatusOr<LiveEvaluator::Outcome> LiveEvaluator::Run(const LivePartition& partition,
                                                          const PartitionQuerier& members,
                                                          Timestamp t) const {
  const LiveScope& scope = *partition.scope;
  const ClusterQuerier cluster(*deps_.store, *identity_, scope.cluster->labels);
  const storage::Querier* querier = &members;
  if (scope.rule->reads_unnamed()) {
    querier = scope.rule->settings().fleet_wide ? static_cast<storage::Querier*>(deps_.store)
                                                : static_cast<const storage::Querier*>(&cluster);
  }
  ASSIGN_OR_RETURN(query::QueryResult result,
                   deps_.engine->Instant(scope.rule->query(), *querier, t));
  ASSIGN_OR_RETURN(std::vector<VectorSample> vector, AsVector(std::move(result)));
  return Outcome{std::move(vector), members.present()};
}

void LiveEvaluator::SetNextChange(LivePartition* partition, Timestamp now,
                                  const PartitionQuerier& members) const {
  const LiveRule& rule = *partition->scope->rule;
  if (rule.ticks() || rule.reads_unnamed()) {
    const bool moves = members.any_samples() || rule.ticks_without_samples();
    partition->truth_until = moves ? now + options_->tick_ms : model::kMaxTimestamp;
    return;
  }
  const int64_t offset_ms = rule.settings().query_offset_ms;
  const auto moves = rule.next_change().Moves(now - offset_ms, members);
  if (!moves.ok() || *moves) {
    return;  // the next tick
  }
  const auto next = rule.next_change().After(now - offset_ms, members);
  if (next.ok()) {
    partition->truth_ticks = false;
    partition->truth_until = next->has_value() ? **next + offset_ms : model::kMaxTimestamp;
  }
}

absl::Status LiveEvaluator::CountResults(LivePartition* partition, size_t count,
                                         const LiveTrigger& trigger, Timestamp now) {
  LiveScope* const scope = partition->scope;
  scope->true_count += count;
  scope->true_count -= partition->true_count;
  partition->true_count = static_cast<uint32_t>(count);
  const size_t limit = scope->rule->limit();
  if (limit == 0 || scope->true_count <= limit) {
    if (std::exchange(scope->over_limit, false)) {
      released_.push_back(scope);
    }
    return absl::OkStatus();
  }
  if (!std::exchange(scope->over_limit, true)) {
    for (const auto& [labels, other] : scope->partitions) {
      EndAlerts(other.get(), trigger);
      EndSeries(other.get(), now);
    }
  }
  return absl::FailedPreconditionError(fmt::format("exceeded limit of {} with {} {}", limit,
                                                   scope->true_count,
                                                   scope->rule->is_alert() ? "alerts" : "series"));
}

std::vector<TrueAlert> LiveEvaluator::Expand(const LivePartition& partition, Timestamp t,
                                             const std::vector<VectorSample>& vector) const {
  const LiveScope& scope = *partition.scope;
  const model::LabelsView cluster = scope.cluster->labels;
  const ClusterQuerier of_cluster(*deps_.store, *identity_, cluster);
  const storage::Querier* querier = &of_cluster;
  if (scope.rule->settings().fleet_wide) {
    querier = deps_.store;
  }
  EngineQuery query(*deps_.engine, *querier);
  const TemplateData data{.labels = {},
                          .external_labels = WithIdentity(options_->external_labels, cluster),
                          .external_url = options_->external_url,
                          .value = 0};
  std::vector<TrueAlert> alerts;
  alerts.reserve(vector.size());
  for (const VectorSample& sample : vector) {
    // Templates see the cluster among the labels: rules for many clusters name it in their texts.
    alerts.push_back(scope.rule->texts().Expand(
        {WithIdentity(sample.labels, cluster), sample.value}, data, &query, t));
    alerts.back().labels = WithIdentity(alerts.back().labels, cluster);
  }
  return alerts;
}

absl::StatusOr<std::vector<Transition>> LiveEvaluator::Judge(const LivePartition& partition,
                                                             Timestamp t, const Outcome& outcome,
                                                             AlertRuleState* state,
                                                             uint64_t* inputs) const {
  const LiveRule& rule = *partition.scope->rule;
  const bool hold = !rule.settings().release_silent && (*inputs & ~outcome.present) != 0;
  if (hold) {
    *inputs |= outcome.present;
  } else if (!outcome.vector.empty()) {
    *inputs = outcome.present;
  }
  return state->Update(t, Expand(partition, t, outcome.vector), hold);
}

absl::Status LiveEvaluator::GiveAlerts(LivePartition* partition, Timestamp now, Outcome outcome,
                                       const LiveTrigger& trigger) {
  if (partition->alerts == nullptr) {
    if (outcome.vector.empty()) {
      return Write(partition, now, {});
    }
    partition->alerts = std::make_unique<AlertRuleState>(SettingsOf(*partition->scope->rule));
  }
  ASSIGN_OR_RETURN(
      const std::vector<Transition> transitions,
      Judge(*partition, now, outcome, partition->alerts.get(), &partition->inputs_when_true));
  if (trigger.cause == LiveCause::kArrival && partition->late != nullptr) {
    AdoptLate(partition);
  }
  Tell(*partition, transitions, partition->inputs_when_true, trigger);
  SendDue(partition, now, transitions, trigger);
  std::vector<VectorSample> series =
      AlertSeries(partition->scope->rule->rule().name, partition->alerts->alerts());
  if (partition->alerts->alerts().empty()) {
    partition->alerts.reset();
    partition->inputs_when_true = 0;
  }
  return Write(partition, now, std::move(series));
}

absl::StatusOr<std::vector<VectorSample>> LiveEvaluator::Recorded(
    const LivePartition& partition, std::vector<VectorSample> vector) {
  const LiveRule& rule = *partition.scope->rule;
  ASSIGN_OR_RETURN(std::vector<VectorSample> series,
                   Record(rule.rule().name, rule.labels(), 0, std::move(vector)));
  for (VectorSample& sample : series) {
    sample.labels = WithIdentity(sample.labels, partition.scope->cluster->labels);
  }
  return series;
}

void LiveEvaluator::Tell(const LivePartition& partition, const std::vector<Transition>& transitions,
                         uint64_t inputs, const LiveTrigger& trigger) const {
  const LiveScope& scope = *partition.scope;
  for (const Transition& transition : transitions) {
    const bool falls_silent =
        transition.from == transition.to && transition.alert.silent_since.has_value();
    deps_.sink->Changed({.group = scope.rule->group(),
                         .rule = scope.rule->rule(),
                         .cluster = scope.cluster->labels,
                         .transition = transition,
                         .partition = partition.labels,
                         .inputs = inputs,
                         .sample_time = trigger.sample_time,
                         .decided_at = trigger.at,
                         .decided_nanos = trigger.nanos,
                         .cause = falls_silent && trigger.cause != LiveCause::kLate
                                      ? LiveCause::kSilent
                                      : trigger.cause});
  }
}

void LiveEvaluator::SendDue(LivePartition* partition, Timestamp now,
                            const std::vector<Transition>& transitions,
                            const LiveTrigger& trigger) const {
  const LiveScope& scope = *partition->scope;
  std::vector<DueAlert> due;
  for (Alert& alert : partition->alerts->TakeDue(now, options_->resend_delay_ms,
                                                 scope.rule->settings().interval_ms)) {
    const bool first = std::any_of(transitions.begin(), transitions.end(), [&](const auto& one) {
      return one.from != one.to && one.alert.labels == alert.labels;
    });
    due.push_back({.group = &scope.rule->group(),
                   .rule = &scope.rule->rule(),
                   .cluster = scope.cluster->labels,
                   .alert = std::move(alert),
                   .decided_nanos = first ? std::optional(trigger.nanos) : std::nullopt});
  }
  if (!due.empty()) {
    deps_.sink->Send(due);
  }
}

absl::Status LiveEvaluator::Write(LivePartition* partition, Timestamp now,
                                  std::vector<VectorSample> samples) {
  if (partition->written == nullptr) {
    if (samples.empty()) {
      return absl::OkStatus();
    }
    partition->written = std::make_unique<LiveWritten>();
  }
  LiveWritten& written = *partition->written;
  const LiveGroupSettings& settings = partition->scope->rule->settings();
  const Timestamp t = now - settings.query_offset_ms;
  std::sort(samples.begin(), samples.end(), InOrder);
  const bool due = written.at == model::kMinTimestamp || t - written.at >= settings.interval_ms;
  if (!due && SameAsWritten(samples, written)) {
    return absl::OkStatus();
  }
  if (t <= written.at) {
    // The series have a sample of this millisecond already.
    partition->truth_until = std::min(partition->truth_until, written.at + 1 + (now - t));
    return absl::OkStatus();
  }
  absl::Status first;
  for (const LiveWritten::Series& before : written.series) {
    if (!Has(samples, before.labels)) {
      first.Update(deps_.sink->Write(before.labels, {t, model::StaleMarker()}));
    }
  }
  for (const VectorSample& sample : samples) {
    first.Update(deps_.sink->Write(sample.labels, {t, sample.value}));
  }
  uncommitted_ = true;
  written.at = t;
  written.series.clear();
  for (VectorSample& sample : samples) {
    written.series.push_back({std::move(sample.labels), sample.value});
  }
  if (written.series.empty()) {
    partition->written.reset();
  }
  return first;
}

// With no time: the next evaluation writes what goes on and ends what does not.
void LiveEvaluator::AssumeWritten(LivePartition* partition) {
  const std::vector<VectorSample> series =
      AlertSeries(partition->scope->rule->rule().name, partition->alerts->alerts());
  if (series.empty()) {
    return;
  }
  partition->written = std::make_unique<LiveWritten>();
  for (const VectorSample& sample : series) {
    partition->written->series.push_back({sample.labels, sample.value});
  }
}

void LiveEvaluator::EndAlerts(LivePartition* partition, const LiveTrigger& trigger) {
  if (partition->alerts == nullptr) {
    return;
  }
  // False at one moment, and out of patience with what is kept firing or silent.
  partition->alerts->set_settings({});
  const auto ended = partition->alerts->Update(trigger.at, {});
  if (ended.ok()) {
    Tell(*partition, *ended, partition->inputs_when_true, trigger);
    SendDue(partition, trigger.at, *ended, trigger);
  }
  partition->alerts.reset();
  partition->inputs_when_true = 0;
}

void LiveEvaluator::EndSeries(LivePartition* partition, Timestamp now) {
  if (partition->written != nullptr) {
    Write(partition, now, {}).IgnoreError();
    partition->written.reset();
  }
}

Timestamp LiveEvaluator::NextDeadline(const LivePartition& partition) const {
  Timestamp next = partition.truth_until;
  if (partition.failed) {
    return next;
  }
  if (partition.alerts != nullptr) {
    next = std::min(next, partition.alerts->NextChange().value_or(model::kMaxTimestamp));
    next = std::min(
        next, partition.alerts->NextDue(options_->resend_delay_ms).value_or(model::kMaxTimestamp));
  }
  if (partition.written != nullptr && !partition.written->series.empty()) {
    const LiveGroupSettings& settings = partition.scope->rule->settings();
    next = std::min(next, partition.written->at + settings.interval_ms + settings.query_offset_ms);
  }
  return next;
}

bool LiveEvaluator::EvaluateLate(LivePartition* partition, Timestamp now, int budget) {
  LateWork& late = *partition->late;
  const Timestamp from =
      late.reached.has_value() ? std::max(late.from, *late.reached + 1) : late.from;
  const PartitionQuerier members(*partition, *deps_.store, deps_.engine->options().lookback_ms);
  auto times = members.SampleTimes(from, late.until);
  if (!times.ok()) {
    return true;
  }
  for (size_t i = 0; i < times->size();) {
    if (budget-- == 0) {
      late.from = (*times)[i];
      return false;
    }
    const bool at_sample = (*times)[i] <= late.between;
    const Timestamp t = at_sample ? (*times)[i] : late.between;
    i += at_sample ? 1 : 0;
    const auto next = EvaluateLateAt(partition, members, t, now);
    if (!next.ok()) {
      return true;
    }
    late.between = *next;
  }
  late.from = late.until + 1;
  AdoptLate(partition);
  return true;
}

// Into the past of the recorded series. What the store refuses, because there is another sample at
// that time, is told by the sink.
void LiveEvaluator::WriteLate(LivePartition* partition, Timestamp t,
                              const std::vector<VectorSample>& samples) {
  std::vector<model::Labels> series;
  for (const VectorSample& sample : samples) {
    deps_.sink->Write(sample.labels, {t, sample.value}).IgnoreError();
    series.push_back(sample.labels);
  }
  std::sort(series.begin(), series.end(), LabelsInOrder);
  for (const model::Labels& before : std::exchange(partition->late->written, series)) {
    if (!std::binary_search(series.begin(), series.end(), before, LabelsInOrder)) {
      deps_.sink->Write(before, {t, model::StaleMarker()}).IgnoreError();
    }
  }
  uncommitted_ = true;
}

absl::StatusOr<Timestamp> LiveEvaluator::EvaluateLateAt(LivePartition* partition,
                                                        const PartitionQuerier& members,
                                                        Timestamp t, Timestamp now) {
  LateWork& late = *partition->late;
  const LiveRule& rule = *partition->scope->rule;
  ++late_evaluations_;
  late.reached = t;
  const PartitionQuerier here(*partition, *deps_.store, deps_.engine->options().lookback_ms);
  ASSIGN_OR_RETURN(Outcome outcome, Run(*partition, here, t));
  if (rule.is_alert()) {
    ASSIGN_OR_RETURN(const std::vector<Transition> transitions,
                     Judge(*partition, t, outcome, &late.state, &late.inputs));
    Tell(*partition, transitions, late.inputs,
         {LiveCause::kLate, t, now, deps_.clock->SteadyNanos()});
  } else {
    ASSIGN_OR_RETURN(const std::vector<VectorSample> series,
                     Recorded(*partition, std::move(outcome.vector)));
    WriteLate(partition, t, series);
  }
  Timestamp next = late.state.NextChange().value_or(model::kMaxTimestamp);
  ASSIGN_OR_RETURN(const bool moves, rule.next_change().Moves(t, here));
  if (!rule.ticks() && !rule.reads_unnamed() && !moves) {
    ASSIGN_OR_RETURN(const auto change, rule.next_change().After(t, members));
    next = std::min(next, change.value_or(model::kMaxTimestamp));
  }
  return std::max(next, t + 1);
}

void LiveEvaluator::AdoptLate(LivePartition* partition) {
  if (partition->alerts == nullptr) {
    return;
  }
  for (const Alert& alert : partition->late->state.alerts()) {
    if (alert.state != AlertState::kInactive) {
      partition->alerts->Backdate(alert.labels, alert.active_at);
    }
  }
}

}  // namespace tidemark::alert
