// LiveRule is one rule, prepared for being evaluated live: what it reads, by which labels it is
// split, when it can change without an arrival, and what it gives.
//
// Immutable but for its figures, which are the evaluating thread's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert/check/label_family.h"
#include "alert/check/next_change.h"
#include "alert/check/time_dependence.h"
#include "alert/group/alert_texts.h"
#include "alert/group/group_evaluator.h"
#include "alert/live/live_engine.h"
#include "alert/rules/rule_file.h"
#include "model/matcher.h"
#include "query/engine/engine.h"

namespace tidemark::alert {

// One thing a rule reads: the series that pass all matchers. Several selectors of an expression may
// be the same input.
struct LiveInput {
  std::vector<model::Matcher> matchers;

  bool Selects(model::LabelsView labels) const;
};

// A rule has at most so many inputs that are told apart; the last stands for all behind it.
inline constexpr size_t kMaxLiveInputs = 64;

// What becomes of a rule's evaluations.
struct LiveRuleFigures {
  uint64_t evaluations = 0;
  uint64_t failures = 0;
  uint64_t settle_expiries = 0;
  int64_t last_duration_ns = 0;
  int64_t total_duration_ns = 0;
  model::Timestamp last_evaluation = 0;
  RuleHealth health = RuleHealth::kUnknown;
  std::string error;
};

// How the group's rules are evaluated, all of them alike.
struct LiveGroupSettings {
  int64_t interval_ms = 0;
  int64_t query_offset_ms = 0;
  bool fleet_wide = false;
  bool release_silent = false;
};

class LiveRule {
 public:
  // `group` and `rule` must outlive it. `rank` orders all rules in force. InvalidArgument, with the
  // place in the file, when the expression or a template does not parse.
  static absl::StatusOr<std::unique_ptr<LiveRule>> Create(const RuleGroup* group, const Rule* rule,
                                                          uint32_t rank,
                                                          const LiveGroupSettings& settings,
                                                          const query::Engine* engine);

  const RuleGroup& group() const { return *group_; }
  const Rule& rule() const { return *rule_; }
  uint32_t rank() const { return rank_; }
  const LiveGroupSettings& settings() const { return settings_; }
  const TextPairs& labels() const { return labels_; }  // the group's and the rule's own
  size_t limit() const { return limit_; }
  bool is_alert() const { return rule_->kind == RuleKind::kAlert; }

  const query::PreparedQuery& query() const { return query_; }
  const AlertTexts& texts() const { return *texts_; }
  const NextChange& next_change() const { return next_change_; }
  const std::vector<LiveInput>& inputs() const { return inputs_; }

  // The labels that evaluation is split by; empty: it cannot be.
  const LabelFamily& family() const { return family_; }
  bool splits() const { return !family_.empty(); }
  // `labels` of a series as a partition has them.
  model::Labels PartitionOf(model::LabelsView labels) const;
  // Whether a partition can have series that come with one scrape.
  bool settles() const { return settles_; }
  // Whether some input counts as it arrives.
  bool on_arrival() const { return on_arrival_; }
  // Whether it has to be evaluated again and again; at all times, or while there are samples.
  bool ticks() const { return next_change_.ticks(); }
  bool ticks_without_samples() const { return ticks_without_samples_; }
  // Whether it reads series besides its inputs.
  bool reads_unnamed() const { return reads_unnamed_; }
  // How old a sample can be and count.
  int64_t reach_ms() const { return reach_ms_; }

  // Which inputs a series is of, one bit each.
  uint64_t InputsOf(model::LabelsView labels) const;
  // Whether this rule and `other` are the same one, perhaps with another text.
  bool SameAs(const LiveRule& other) const;

  LiveRuleFigures figures;

 private:
  LiveRule(const RuleGroup* group, const Rule* rule, uint32_t rank,
           const LiveGroupSettings& settings, query::PreparedQuery query, NextChange next_change);
  void Analyse(const query::Expr& expr, int64_t lookback_ms);
  void AddInput(const query::VectorSelector& selector);

  const RuleGroup* const group_;
  const Rule* const rule_;
  const uint32_t rank_;
  const LiveGroupSettings settings_;
  const TextPairs labels_;
  const size_t limit_;
  const query::PreparedQuery query_;
  const NextChange next_change_;
  std::optional<AlertTexts> texts_;
  std::vector<LiveInput> inputs_;
  LabelFamily family_ = LabelFamily::None();
  bool settles_ = false;
  bool on_arrival_ = false;
  bool ticks_without_samples_ = false;
  bool reads_unnamed_ = false;
  int64_t reach_ms_ = 0;
};

}  // namespace tidemark::alert
