#include "alert/group/group_evaluator.h"

#include "base/clock.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory_querier.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int64_t kMinute = 60'000;

Rule Recording(const std::string& name, const std::string& expr, TextPairs labels = {}) {
  Rule rule;
  rule.kind = RuleKind::kRecord;
  rule.name = name;
  rule.expr = expr;
  rule.labels = std::move(labels);
  return rule;
}

Rule Alerting(const std::string& name, const std::string& expr, TextPairs labels = {},
              TextPairs annotations = {}) {
  Rule rule = Recording(name, expr, std::move(labels));
  rule.kind = RuleKind::kAlert;
  rule.annotations = std::move(annotations);
  return rule;
}

class GroupEvaluatorTest : public ::testing::Test, protected GroupSink {
 protected:
  absl::Status Write(model::LabelsView labels, model::Sample sample) override {
    written_.push_back(fmt::format("{} {}@{}", labels.ToString(),
                                   model::IsStale(sample.v) ? "stale" : fmt::format("{}", sample.v),
                                   sample.t));
    return store_.Append(model::Labels(labels), sample)
               ? absl::OkStatus()
               : absl::FailedPreconditionError("out of order");
  }
  absl::Status Commit() override { return absl::OkStatus(); }
  void Changed(const Rule& rule, std::span<const Transition> transitions) override {
    for (const Transition& change : transitions) {
      changes_.push_back(
          fmt::format("{} {}>{}", rule.name, ToString(change.from), ToString(change.to)));
    }
  }

  absl::StatusOr<std::unique_ptr<GroupEvaluator>> Create(const RuleGroup* group) {
    return GroupEvaluator::Create(group, {.engine = &engine_,
                                          .external_labels = model::Labels::Of({{"region", "eu"}}),
                                          .external_url = "http://tidemark"});
  }
  std::unique_ptr<GroupEvaluator> Make(const RuleGroup* group) {
    auto made = Create(group);
    EXPECT_TRUE(made.ok()) << made.status();
    return std::move(*made);
  }

  // What the evaluation writes.
  std::vector<std::string> Evaluate(model::Timestamp t, GroupEvaluator* evaluator) {
    written_.clear();
    changes_.clear();
    evaluator->Evaluate(t, store_, this);
    return written_;
  }

  void Put(const std::string& name, model::Timestamp t, double v, TextPairs labels = {}) {
    labels.emplace_back("__name__", name);
    ASSERT_TRUE(store_.Append(model::Labels::Of(labels), {t, v}));
  }

  storage::MemoryQuerier store_;
  base::SystemClock clock_;
  query::Engine engine_{&store_, &clock_, {}};
  RuleGroup group_;
  std::vector<std::string> written_;
  std::vector<std::string> changes_;
};

TEST_F(GroupEvaluatorTest, LetsALaterRuleSeeWhatAnEarlierOneWrote) {
  group_.rules = {Recording("double", "2 * a"), Recording("fourfold", "2 * double")};
  const auto evaluator = Make(&group_);
  Put("a", 0, 3);
  EXPECT_THAT(Evaluate(0, evaluator.get()), ElementsAre("double 6@0", "fourfold 12@0"));
}

TEST_F(GroupEvaluatorTest, GivesARecordedSeriesNameAndLabels) {
  group_.labels = {{"from", "group"}, {"team", "x"}};
  group_.rules = {Recording("r", "a", {{"from", "rule"}, {"gone", ""}})};
  const auto evaluator = Make(&group_);
  Put("a", 0, 3, {{"gone", "1"}, {"kept", "2"}});
  EXPECT_THAT(Evaluate(0, evaluator.get()),
              ElementsAre("r{from=\"rule\", kept=\"2\", team=\"x\"} 3@0"));
}

TEST_F(GroupEvaluatorTest, RecordsAScalarAsASeriesWithoutLabels) {
  group_.rules = {Recording("one", "1"), Recording("text", "\"x\"")};
  const auto evaluator = Make(&group_);
  EXPECT_THAT(Evaluate(0, evaluator.get()), ElementsAre("one 1@0"));
  EXPECT_EQ(evaluator->rules()[0].health(), RuleHealth::kOk);
  EXPECT_EQ(evaluator->rules()[1].health(), RuleHealth::kError);
  EXPECT_EQ(evaluator->rules()[1].error().message(), "rule result is not a vector or scalar");
}

TEST_F(GroupEvaluatorTest, EndsSeriesThatARuleGivesNoMore) {
  group_.rules = {Recording("r", "a > 1")};
  const auto evaluator = Make(&group_);
  Put("a", 0, 3);
  Evaluate(0, evaluator.get());
  Put("a", kMinute, 0);
  EXPECT_THAT(Evaluate(kMinute, evaluator.get()), ElementsAre("r stale@60000"));
  EXPECT_THAT(Evaluate(2 * kMinute, evaluator.get()), IsEmpty());
}

TEST_F(GroupEvaluatorTest, KeepsSeriesOfARuleThatFailsUntilItsNextSuccess) {
  group_.limit = 1;
  group_.rules = {Recording("r", "a")};
  const auto evaluator = Make(&group_);
  Put("a", 0, 1, {{"x", "1"}});
  Evaluate(0, evaluator.get());
  Put("a", kMinute, 1, {{"x", "2"}});
  EXPECT_THAT(Evaluate(kMinute, evaluator.get()), IsEmpty());
  EXPECT_EQ(evaluator->rules()[0].error().message(), "exceeded limit of 1 with 2 series");
  Put("a", 2 * kMinute, model::StaleMarker(), {{"x", "1"}});
  EXPECT_THAT(Evaluate(2 * kMinute, evaluator.get()),
              ElementsAre("r{x=\"2\"} 1@120000", "r{x=\"1\"} stale@120000"));
}

TEST_F(GroupEvaluatorTest, DoesNotLetAFailingRuleStopTheOthers) {
  group_.rules = {Recording("bad", "a * on (x) a"),
                  Recording("twice", "sum without (y) (a)", {{"x", "same"}}),
                  Recording("good", "count(a)")};
  const auto evaluator = Make(&group_);
  Put("a", 0, 1, {{"x", "1"}, {"y", "1"}});
  Put("a", 0, 1, {{"x", "1"}, {"y", "2"}});
  Put("a", 0, 1, {{"x", "2"}, {"y", "2"}});
  EXPECT_THAT(Evaluate(0, evaluator.get()), ElementsAre("good 3@0"));
  EXPECT_EQ(evaluator->rules()[0].health(), RuleHealth::kError);
  EXPECT_THAT(std::string(evaluator->rules()[1].error().message()),
              HasSubstr("same labelset after applying rule labels"));
}

TEST_F(GroupEvaluatorTest, EvaluatesAndWritesEarlierByTheQueryOffset) {
  group_.query_offset_ms = kMinute;
  group_.rules = {Recording("r", "a"), Alerting("A", "a == 1")};
  const auto evaluator = Make(&group_);
  Put("a", 0, 1);
  Put("a", kMinute, 2);
  EXPECT_THAT(Evaluate(kMinute, evaluator.get()),
              ElementsAre("r 1@0", "ALERTS{alertname=\"A\", alertstate=\"firing\"} 1@0",
                          "ALERTS_FOR_STATE{alertname=\"A\"} 60@0"));
  EXPECT_EQ(evaluator->rules()[1].alerts().alerts()[0].active_at, kMinute);
}

TEST_F(GroupEvaluatorTest, ExpandsTemplatesOfLabelsAndAnnotations) {
  group_.labels = {{"team", "{{ $externalLabels.region }}-{{ .Labels.task }}"}};
  group_.rules = {
      Alerting("A", "a > 1", {{"alertname", "other"}, {"task", ""}},
               {{"broken", "{{ template \"none\" }}"},
                {"count", "{{ with query \"count(a)\" }}{{ . | first | value }}{{ end }}"},
                {"value", "{{ $value }} of {{ $labels.__name__ }}"}})};
  const auto evaluator = Make(&group_);
  Put("a", 0, 3, {{"task", "t"}, {"x", "y"}});
  Put("a", 0, 1, {{"task", "u"}});
  Evaluate(0, evaluator.get());
  ASSERT_THAT(evaluator->rules()[0].alerts().alerts(), SizeIs(1));
  const Alert& alert = evaluator->rules()[0].alerts().alerts()[0];
  EXPECT_EQ(alert.labels.ToString(), "{alertname=\"A\", team=\"eu-t\", x=\"y\"}");
  ASSERT_THAT(alert.annotations, SizeIs(3));
  EXPECT_THAT(alert.annotations[0].second, HasSubstr("<error expanding template:"));
  EXPECT_EQ(alert.annotations[1].second, "2");
  EXPECT_EQ(alert.annotations[2].second, "3 of a");
}

TEST_F(GroupEvaluatorTest, EndsTheSeriesOfAnAlertWhoseStateChanges) {
  group_.rules = {Alerting("A", "a > 1")};
  group_.rules[0].for_ms = kMinute;
  const auto evaluator = Make(&group_);
  Put("a", 0, 3);
  EXPECT_THAT(Evaluate(0, evaluator.get()),
              ElementsAre("ALERTS{alertname=\"A\", alertstate=\"pending\"} 1@0",
                          "ALERTS_FOR_STATE{alertname=\"A\"} 0@0"));
  EXPECT_THAT(changes_, ElementsAre("A inactive>pending"));
  EXPECT_THAT(Evaluate(kMinute, evaluator.get()),
              ElementsAre("ALERTS{alertname=\"A\", alertstate=\"firing\"} 1@60000",
                          "ALERTS_FOR_STATE{alertname=\"A\"} 0@60000",
                          "ALERTS{alertname=\"A\", alertstate=\"pending\"} stale@60000"));
  EXPECT_THAT(changes_, ElementsAre("A pending>firing"));
}

TEST_F(GroupEvaluatorTest, ShowsTwoSamplesThatBecomeOneAlertAsAnError) {
  group_.rules = {Alerting("A", "a", {{"x", "same"}})};
  const auto evaluator = Make(&group_);
  Put("a", 0, 3, {{"x", "1"}});
  Put("a", 0, 3, {{"x", "2"}});
  EXPECT_THAT(Evaluate(0, evaluator.get()), IsEmpty());
  EXPECT_THAT(std::string(evaluator->rules()[0].error().message()),
              HasSubstr("same labelset after applying alert labels"));
}

TEST_F(GroupEvaluatorTest, ShowsARefusedSampleAsAnError) {
  group_.rules = {Recording("r", "a + 1")};
  const auto evaluator = Make(&group_);
  Put("a", 0, 3);
  Put("r", 0, 3);
  Evaluate(0, evaluator.get());
  EXPECT_EQ(evaluator->rules()[0].error().message(), "out of order");
}

TEST_F(GroupEvaluatorTest, TakesOverAlertsOfAnEarlierVersionOfTheGroup) {
  group_.rules = {Alerting("A", "a > 1"), Alerting("B", "a > 1")};
  const auto before = Make(&group_);
  Put("a", 0, 3);
  Evaluate(0, before.get());
  RuleGroup changed = group_;
  changed.rules = {Alerting("A", "a > 2")};
  changed.rules[0].for_ms = kMinute;
  const auto after = Make(&changed);
  const std::vector<model::Labels> orphans = after->TakeOver(std::move(*before));
  ASSERT_THAT(orphans, SizeIs(2));
  EXPECT_EQ(orphans[0].Get("alertname"), "B");
  Evaluate(kMinute, after.get());
  ASSERT_THAT(after->rules()[0].alerts().alerts(), SizeIs(1));
  EXPECT_EQ(after->rules()[0].alerts().alerts()[0].active_at, 0);
}

TEST_F(GroupEvaluatorTest, RefusesAnExpressionOrATemplateThatDoesNotParse) {
  group_.rules = {Recording("r", "a +")};
  EXPECT_FALSE(Create(&group_).ok());
  group_.rules = {Alerting("r", "a", {}, {{"summary", "{{ nothing }}"}})};
  EXPECT_FALSE(Create(&group_).ok());
}

}  // namespace
}  // namespace tidemark::alert
