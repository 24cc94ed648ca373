#include "alert/live/live_rule.h"

#include <algorithm>

#include "alert/check/partition.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/parser.h"

namespace tidemark::alert {
namespace {

bool SameMatchers(const std::vector<model::Matcher>& a, const std::vector<model::Matcher>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const model::Matcher& one, const model::Matcher& other) {
                      return one.type() == other.type() && one.name() == other.name() &&
                             one.value() == other.value();
                    });
}

absl::Status AtPlace(const absl::Status& status, const RuleGroup& group, const Rule& rule) {
  return base::Annotate(status, fmt::format("{}:{}: group {}, rule {}", group.file,
                                            rule.expr_position.line, group.name, rule.name));
}

}  // namespace

bool LiveInput::Selects(model::LabelsView labels) const {
  return std::all_of(matchers.begin(), matchers.end(),
                     [labels](const model::Matcher& matcher) { return matcher.Matches(labels); });
}

LiveRule::LiveRule(const RuleGroup* group, const Rule* rule, uint32_t rank,
                   const LiveGroupSettings& settings, query::PreparedQuery query,
                   NextChange next_change)
    : group_(group),
      rule_(rule),
      rank_(rank),
      settings_(settings),
      labels_(LabelsOf(*group, *rule)),
      limit_(static_cast<size_t>(std::max<int64_t>(group->limit, 0))),
      query_(std::move(query)),
      next_change_(std::move(next_change)) {}

absl::StatusOr<std::unique_ptr<LiveRule>> LiveRule::Create(const RuleGroup* group, const Rule* rule,
                                                           uint32_t rank,
                                                           const LiveGroupSettings& settings,
                                                           const query::Engine* engine) {
  absl::StatusOr<query::PreparedQuery> query = engine->Prepare(rule->expr);
  absl::StatusOr<NextChange> next_change = NextChange::Create(engine, rule->expr);
  if (!query.ok() || !next_change.ok()) {
    return AtPlace(query.ok() ? next_change.status() : query.status(), *group, *rule);
  }
  RETURN_IF_ERROR(query::ResolveDurations({}, query->expr.get()));
  std::unique_ptr<LiveRule> live(
      new LiveRule(group, rule, rank, settings, *std::move(query), *std::move(next_change)));
  if (live->is_alert()) {
    absl::StatusOr<AlertTexts> texts = AlertTexts::Create(*rule, live->labels_);
    if (!texts.ok()) {
      return AtPlace(texts.status(), *group, *rule);
    }
    live->texts_ = *std::move(texts);
  }
  live->Analyse(*live->query_.expr, engine->options().lookback_ms);
  return live;
}

void LiveRule::Analyse(const query::Expr& expr, int64_t lookback_ms) {
  const TimeDependence time = TimeDependenceOf(expr, lookback_ms);
  reads_unnamed_ = ReadsUnnamedSeries(expr);
  for (const RuleInput& input : time.inputs) {
    AddInput(*input.selector);
    on_arrival_ = on_arrival_ || input.on_arrival();
    ticks_without_samples_ = ticks_without_samples_ || input.fixed || input.offset_ms != 0;
    reach_ms_ = std::max(reach_ms_, input.window_ms + std::max<int64_t>(input.offset_ms, 0));
  }
  ticks_without_samples_ = ticks_without_samples_ || reads_unnamed_ || inputs_.empty();
  family_ = alert::PartitionOf(expr);
  settles_ = NeedsWholeScrapes(family_, inputs_.size());
}

void LiveRule::AddInput(const query::VectorSelector& selector) {
  const bool known = std::any_of(inputs_.begin(), inputs_.end(), [&](const LiveInput& input) {
    return SameMatchers(input.matchers, selector.matchers);
  });
  if (!known) {
    inputs_.push_back({selector.matchers});
  }
}

model::Labels LiveRule::PartitionOf(model::LabelsView labels) const {
  std::string bytes;
  for (const model::LabelView& label : labels) {
    if (label.name != model::kMetricName && family_.Contains(label.name)) {
      model::AppendLabel(label.name, label.value, &bytes);
    }
  }
  return model::Labels::FromCanonical(std::move(bytes));
}

uint64_t LiveRule::InputsOf(model::LabelsView labels) const {
  uint64_t bits = 0;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    if (inputs_[i].Selects(labels)) {
      bits |= uint64_t{1} << std::min(i, kMaxLiveInputs - 1);
    }
  }
  return bits;
}

bool LiveRule::SameAs(const LiveRule& other) const {
  return group_->file == other.group_->file && group_->name == other.group_->name &&
         rule_->kind == other.rule_->kind && rule_->name == other.rule_->name &&
         labels_ == other.labels_;
}

}  // namespace tidemark::alert
