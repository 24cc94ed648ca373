#include "alert/group/group_evaluator.h"

#include <algorithm>

#include "alert/group/alert_texts.h"
#include "alert/group/engine_query.h"
#include "alert/group/rule_result.h"
#include "alert/state/alert_series.h"
#include "base/status_macros.h"

namespace tidemark::alert {
namespace {

using model::Timestamp;
using query::VectorSample;

bool InOrder(const model::Labels& a, const model::Labels& b) { return model::Compare(a, b) < 0; }

// Writes all samples; gives the first refusal, and in `written` the series that took theirs,
// sorted.
absl::Status WriteAll(Timestamp t, std::vector<VectorSample> samples, GroupSink* sink,
                      std::vector<model::Labels>* written) {
  absl::Status first;
  for (VectorSample& sample : samples) {
    absl::Status status = sink->Write(sample.labels, {t, sample.value});
    if (status.ok()) {
      written->push_back(std::move(sample.labels));
    } else {
      first.Update(status);
    }
  }
  std::sort(written->begin(), written->end(), InOrder);
  return first;
}

// Ends the series of `before` that are not in `now`; both are sorted. A series that takes no
// marker has been continued by somebody else.
void EndVanished(Timestamp t, const std::vector<model::Labels>& before,
                 const std::vector<model::Labels>& now, GroupSink* sink) {
  for (const model::Labels& labels : before) {
    if (!std::binary_search(now.begin(), now.end(), labels, InOrder)) {
      sink->Write(labels, {t, model::StaleMarker()}).IgnoreError();
    }
  }
}

bool SameRule(const RuleProgress& a, const RuleProgress& b) {
  return a.rule().kind == b.rule().kind && a.rule().name == b.rule().name &&
         a.labels() == b.labels();
}

}  // namespace

std::string_view ToString(RuleHealth health) {
  switch (health) {
    case RuleHealth::kUnknown:
      return "unknown";
    case RuleHealth::kOk:
      return "ok";
    case RuleHealth::kError:
      return "err";
  }
  return "";
}

RuleProgress::RuleProgress(const Rule* rule, TextPairs labels, query::PreparedQuery query,
                           std::optional<AlertTexts> texts, size_t limit)
    : rule_(rule),
      labels_(std::move(labels)),
      query_(std::move(query)),
      texts_(std::move(texts)),
      limit_(limit),
      alerts_({.for_ms = rule->for_ms,
               .keep_firing_for_ms = rule->keep_firing_for_ms,
               .limit = limit}) {}

GroupEvaluator::GroupEvaluator(const RuleGroup* group, const GroupContext& context)
    : group_(group),
      context_(context),
      query_offset_ms_(group->query_offset_ms.value_or(context.query_offset_ms)) {}

absl::StatusOr<std::unique_ptr<GroupEvaluator>> GroupEvaluator::Create(
    const RuleGroup* group, const GroupContext& context) {
  std::unique_ptr<GroupEvaluator> evaluator(new GroupEvaluator(group, context));
  const auto limit = static_cast<size_t>(std::max<int64_t>(group->limit, 0));
  for (const Rule& rule : group->rules) {
    ASSIGN_OR_RETURN(query::PreparedQuery query, context.engine->Prepare(rule.expr));
    TextPairs labels = LabelsOf(*group, rule);
    std::optional<AlertTexts> texts;
    if (rule.kind == RuleKind::kAlert) {
      ASSIGN_OR_RETURN(texts, AlertTexts::Create(rule, labels));
    }
    evaluator->rules_.emplace_back(&rule, std::move(labels), std::move(query), std::move(texts),
                                   limit);
  }
  return evaluator;
}

void GroupEvaluator::Evaluate(Timestamp t, const storage::Querier& querier, GroupSink* sink) {
  for (RuleProgress& progress : rules_) {
    progress.error_ = EvaluateRule(t, querier, sink, &progress);
    progress.health_ = progress.error_.ok() ? RuleHealth::kOk : RuleHealth::kError;
  }
}

absl::Status GroupEvaluator::EvaluateRule(Timestamp t, const storage::Querier& querier,
                                          GroupSink* sink, RuleProgress* progress) const {
  const Timestamp query_time = t - query_offset_ms_;
  ASSIGN_OR_RETURN(query::QueryResult result,
                   context_.engine->Instant(progress->query_, querier, query_time));
  ASSIGN_OR_RETURN(std::vector<VectorSample> vector, AsVector(std::move(result)));
  ASSIGN_OR_RETURN(std::vector<VectorSample> series,
                   SeriesOf(t, querier, std::move(vector), sink, progress));
  std::vector<model::Labels> written;
  const absl::Status refusal = WriteAll(query_time, std::move(series), sink, &written);
  EndVanished(query_time, progress->written_, written, sink);
  progress->written_ = std::move(written);
  RETURN_IF_ERROR(sink->Commit());
  return refusal;
}

absl::StatusOr<std::vector<VectorSample>> GroupEvaluator::SeriesOf(Timestamp t,
                                                                   const storage::Querier& querier,
                                                                   std::vector<VectorSample> vector,
                                                                   GroupSink* sink,
                                                                   RuleProgress* progress) const {
  if (progress->rule().kind == RuleKind::kAlert) {
    return AlertsOf(t, querier, std::move(vector), sink, progress);
  }
  return Record(progress->rule().name, progress->labels(), progress->limit_, std::move(vector));
}

absl::StatusOr<std::vector<VectorSample>> GroupEvaluator::AlertsOf(Timestamp t,
                                                                   const storage::Querier& querier,
                                                                   std::vector<VectorSample> vector,
                                                                   GroupSink* sink,
                                                                   RuleProgress* progress) const {
  const TemplateData data{.labels = {},
                          .external_labels = context_.external_labels,
                          .external_url = context_.external_url,
                          .value = 0};
  EngineQuery template_query(*context_.engine, querier);
  std::vector<TrueAlert> now;
  now.reserve(vector.size());
  for (const VectorSample& sample : vector) {
    now.push_back(progress->texts_->Expand(sample, data, &template_query, t));
  }
  ASSIGN_OR_RETURN(const std::vector<Transition> transitions,
                   progress->alerts_.Update(t, std::move(now)));
  if (!transitions.empty()) {
    sink->Changed(progress->rule(), transitions);
  }
  return AlertSeries(progress->rule().name, progress->alerts_.alerts());
}

std::vector<model::Labels> GroupEvaluator::TakeOver(GroupEvaluator&& before) {
  std::vector<bool> taken(before.rules_.size(), false);
  for (RuleProgress& rule : rules_) {
    for (size_t i = 0; i < taken.size(); ++i) {
      RuleProgress& old = before.rules_[i];
      if (!taken[i] && SameRule(rule, old)) {
        taken[i] = true;
        rule.alerts_.Restore({old.alerts_.alerts().begin(), old.alerts_.alerts().end()});
        rule.written_ = std::move(old.written_);
        break;
      }
    }
  }
  std::vector<model::Labels> orphans;
  for (size_t i = 0; i < taken.size(); ++i) {
    if (!taken[i]) {
      std::ranges::move(before.rules_[i].written_, std::back_inserter(orphans));
    }
  }
  return orphans;
}

}  // namespace tidemark::alert
