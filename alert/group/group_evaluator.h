// GroupEvaluator evaluates the rules of one group, at one instant after another.
//
// The rules run in the order of the file, all for the same time, each on what the ones before it
// have written. Expressions are evaluated at that time less the group's query offset, and samples
// are written with that earlier time; alerts live by the time itself. A rule that fails shows its
// error, keeps its state, and does not stop the others. A series that a rule wrote at its last
// success and does not give any more is ended with a staleness marker.
//
// Thread-compatible. Engine and group must outlive it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert/group/alert_texts.h"
#include "alert/group/group_sink.h"
#include "alert/rules/rule_file.h"
#include "alert/state/alert_rule_state.h"
#include "query/engine/engine.h"
#include "storage/querier.h"

namespace tidemark::alert {

enum class RuleHealth : uint8_t { kUnknown, kOk, kError };

// "unknown", "ok", "err"
std::string_view ToString(RuleHealth health);

// What all groups have in common.
struct GroupContext {
  const query::Engine* engine = nullptr;
  model::Labels external_labels;  // that templates see
  std::string external_url;
  int64_t query_offset_ms = 0;  // of groups that name none
};

// One rule and what is known of it.
class RuleProgress {
 public:
  // `texts` are those of an alerting rule.
  RuleProgress(const Rule* rule, TextPairs labels, query::PreparedQuery query,
               std::optional<AlertTexts> texts, size_t limit);

  const Rule& rule() const { return *rule_; }
  // The group's labels and the rule's own.
  const TextPairs& labels() const { return labels_; }
  const AlertRuleState& alerts() const { return alerts_; }
  AlertRuleState& alerts() { return alerts_; }
  RuleHealth health() const { return health_; }
  // Of the last evaluation.
  const absl::Status& error() const { return error_; }

 private:
  friend class GroupEvaluator;

  const Rule* rule_;
  TextPairs labels_;
  query::PreparedQuery query_;
  std::optional<AlertTexts> texts_;
  size_t limit_;
  AlertRuleState alerts_;               // of an alerting rule
  std::vector<model::Labels> written_;  // series with a sample of the last success, sorted
  RuleHealth health_ = RuleHealth::kUnknown;
  absl::Status error_;
};

class GroupEvaluator {
 public:
  // InvalidArgument when an expression or a template does not parse.
  static absl::StatusOr<std::unique_ptr<GroupEvaluator>> Create(const RuleGroup* group,
                                                                const GroupContext& context);

  // Evaluates all rules for time `t` over `querier`, which must see what `sink` has committed.
  void Evaluate(model::Timestamp t, const storage::Querier& querier, GroupSink* sink);

  // Goes on where `before`, the evaluator of an earlier version of the group, has stopped: rules of
  // the same kind, name and labels take over alerts and series. Gives the series of rules that are
  // gone; nobody will end them otherwise.
  std::vector<model::Labels> TakeOver(GroupEvaluator&& before);

  const RuleGroup& group() const { return *group_; }
  // In the order of the file.
  std::span<const RuleProgress> rules() const { return rules_; }
  std::span<RuleProgress> rules() { return rules_; }

 private:
  GroupEvaluator(const RuleGroup* group, const GroupContext& context);

  absl::Status EvaluateRule(model::Timestamp t, const storage::Querier& querier, GroupSink* sink,
                            RuleProgress* progress) const;
  absl::StatusOr<std::vector<query::VectorSample>> SeriesOf(model::Timestamp t,
                                                            const storage::Querier& querier,
                                                            std::vector<query::VectorSample> vector,
                                                            GroupSink* sink,
                                                            RuleProgress* progress) const;
  absl::StatusOr<std::vector<query::VectorSample>> AlertsOf(model::Timestamp t,
                                                            const storage::Querier& querier,
                                                            std::vector<query::VectorSample> vector,
                                                            GroupSink* sink,
                                                            RuleProgress* progress) const;

  const RuleGroup* const group_;
  const GroupContext context_;
  const int64_t query_offset_ms_;
  std::vector<RuleProgress> rules_;
};

}  // namespace tidemark::alert
