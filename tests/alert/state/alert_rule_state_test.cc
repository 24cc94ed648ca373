#include "alert/state/alert_rule_state.h"

#include "base/status_macros.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

constexpr int64_t kMinute = 60'000;

TrueAlert Named(const std::string& name, double value = 1) {
  return {model::Labels::Of({{"alertname", "Late"}, {"task", name}}), value, {}};
}

std::vector<TrueAlert> Alerts(const std::vector<std::string>& names) {
  std::vector<TrueAlert> alerts;
  for (const std::string& name : names) {
    alerts.push_back(Named(name));
  }
  return alerts;
}

// "task: from>to" of each transition.
std::vector<std::string> Update(model::Timestamp t, const std::vector<std::string>& names,
                                AlertRuleState* state) {
  std::vector<std::string> changes;
  const auto transitions = state->Update(t, Alerts(names));
  if (!transitions.ok()) {
    return {std::string(transitions.status().message())};
  }
  for (const Transition& change : *transitions) {
    changes.push_back(fmt::format("{}: {}>{}", change.alert.labels.Get("task"),
                                  ToString(change.from), ToString(change.to)));
  }
  return changes;
}

TEST(AlertRuleState, FiresInTheSameUpdateWithoutFor) {
  AlertRuleState state(AlertRuleSettings{});
  EXPECT_THAT(Update(1000, {"a"}, &state), ElementsAre("a: inactive>firing"));
  EXPECT_EQ(state.alerts()[0].active_at, 1000);
  EXPECT_THAT(state.alerts()[0].fired_at, Optional(1000));
  EXPECT_EQ(state.state(), AlertState::kFiring);
}

TEST(AlertRuleState, FiresWhenTrueForAsLongAsFor) {
  AlertRuleState state({.for_ms = 2 * kMinute});
  EXPECT_THAT(Update(0, {"a"}, &state), ElementsAre("a: inactive>pending"));
  EXPECT_THAT(Update(2 * kMinute - 1, {"a"}, &state), IsEmpty());
  EXPECT_THAT(Update(2 * kMinute, {"a"}, &state), ElementsAre("a: pending>firing"));
  EXPECT_EQ(state.alerts()[0].active_at, 0);
}

TEST(AlertRuleState, ForgetsAPendingAlertAtOnceWhenItIsNotTrue) {
  AlertRuleState state({.for_ms = kMinute});
  Update(0, {"a"}, &state);
  EXPECT_THAT(Update(kMinute, {}, &state), ElementsAre("a: pending>inactive"));
  EXPECT_THAT(state.alerts(), IsEmpty());
}

TEST(AlertRuleState, KeepsFiringForAWhileAndForgetsTheWhileWhenTrueAgain) {
  AlertRuleState state({.keep_firing_for_ms = 5 * kMinute});
  Update(0, {"a"}, &state);
  EXPECT_THAT(Update(kMinute, {}, &state), IsEmpty());
  EXPECT_THAT(state.alerts()[0].keep_firing_since, Optional(kMinute));
  EXPECT_THAT(Update(2 * kMinute, {"a"}, &state), IsEmpty());
  EXPECT_EQ(state.alerts()[0].keep_firing_since, std::nullopt);
  EXPECT_THAT(Update(3 * kMinute, {}, &state), IsEmpty());
  EXPECT_THAT(Update(8 * kMinute - 1, {}, &state), IsEmpty());
  EXPECT_THAT(Update(8 * kMinute, {}, &state), ElementsAre("a: firing>inactive"));
}

TEST(AlertRuleState, KeepsAResolvedAlertForFifteenMinutes) {
  AlertRuleState state(AlertRuleSettings{});
  Update(0, {"a"}, &state);
  EXPECT_THAT(Update(kMinute, {}, &state), ElementsAre("a: firing>inactive"));
  EXPECT_THAT(state.alerts()[0].resolved_at, Optional(kMinute));
  Update(16 * kMinute, {}, &state);
  EXPECT_THAT(state.alerts(), SizeIs(1));
  EXPECT_EQ(state.active_count(), 0u);
  EXPECT_THAT(Update(16 * kMinute + 1, {}, &state), IsEmpty());
  EXPECT_THAT(state.alerts(), IsEmpty());
}

TEST(AlertRuleState, BeginsAnewWhenAResolvedAlertIsTrueAgain) {
  AlertRuleState state({.for_ms = kMinute});
  Update(0, {"a"}, &state);
  Update(kMinute, {"a"}, &state);
  Update(2 * kMinute, {}, &state);
  EXPECT_THAT(Update(3 * kMinute, {"a"}, &state), ElementsAre("a: inactive>pending"));
  EXPECT_EQ(state.alerts()[0].active_at, 3 * kMinute);
  EXPECT_EQ(state.alerts()[0].resolved_at, std::nullopt);
}

TEST(AlertRuleState, TakesValueAndAnnotationsOfTheLastUpdateThatWasTrue) {
  AlertRuleState state({.keep_firing_for_ms = kMinute});
  TrueAlert first = Named("a", 1);
  first.annotations = {{"summary", "one"}};
  TrueAlert second = Named("a", 2);
  second.annotations = {{"summary", "two"}};
  ASSERT_TRUE(state.Update(0, {first}).ok());
  ASSERT_TRUE(state.Update(1, {second}).ok());
  ASSERT_TRUE(state.Update(2, {}).ok());
  EXPECT_EQ(state.alerts()[0].value, 2);
  EXPECT_EQ(state.alerts()[0].annotations, second.annotations);
}

TEST(AlertRuleState, RefusesTwoAlertsWithTheSameLabelsAndChangesNothing) {
  AlertRuleState state(AlertRuleSettings{});
  Update(0, {"a"}, &state);
  EXPECT_THAT(Update(1, {"b", "c", "b"}, &state),
              ElementsAre(HasSubstr("metrics with the same labelset after applying alert labels")));
  ASSERT_THAT(state.alerts(), SizeIs(1));
  EXPECT_EQ(state.alerts()[0].labels.Get("task"), "a");
}

TEST(AlertRuleState, ForgetsAllAlertsWhenThereAreMoreThanTheLimit) {
  AlertRuleState state({.limit = 2});
  EXPECT_THAT(Update(0, {"a", "b"}, &state), SizeIs(2));
  EXPECT_THAT(Update(1, {"a", "b", "c"}, &state), ElementsAre("exceeded limit of 2 with 3 alerts"));
  EXPECT_THAT(state.alerts(), IsEmpty());
}

TEST(AlertRuleState, DoesNotCountResolvedAlertsForTheLimit) {
  AlertRuleState state({.limit = 1});
  Update(0, {"a"}, &state);
  EXPECT_THAT(Update(1, {"b"}, &state), ElementsAre("a: firing>inactive", "b: inactive>firing"));
}

TEST(AlertRuleState, TurnsAYoungFiringAlertPendingWhenForBecomesLonger) {
  AlertRuleState state({.for_ms = kMinute});
  Update(0, {"a"}, &state);
  Update(kMinute, {"a"}, &state);
  state.TakeDue(kMinute, kMinute, kMinute);
  state.set_settings({.for_ms = 5 * kMinute});
  EXPECT_THAT(Update(2 * kMinute, {"a"}, &state), ElementsAre("a: firing>pending"));
  EXPECT_EQ(state.alerts()[0].last_sent_at, std::nullopt);
  EXPECT_THAT(Update(5 * kMinute, {"a"}, &state), ElementsAre("a: pending>firing"));
}

TEST(AlertRuleState, KnowsWhenForAndKeepFiringForAndTheRetentionEnd) {
  AlertRuleState state({.for_ms = 3 * kMinute, .keep_firing_for_ms = 2 * kMinute});
  EXPECT_EQ(state.NextChange(), std::nullopt);
  Update(0, {"a"}, &state);
  EXPECT_THAT(state.NextChange(), Optional(3 * kMinute));
  EXPECT_THAT(state.Advance(3 * kMinute), SizeIs(1));
  EXPECT_EQ(state.NextChange(), std::nullopt);
  Update(4 * kMinute, {}, &state);
  EXPECT_THAT(state.NextChange(), Optional(6 * kMinute));
  EXPECT_THAT(state.Advance(6 * kMinute), SizeIs(1));
  EXPECT_THAT(state.NextChange(), Optional(21 * kMinute + 1));
  state.Advance(21 * kMinute + 1);
  EXPECT_THAT(state.alerts(), IsEmpty());
}

TEST(AlertRuleState, SendsFiringAlertsOnceAndAgainAfterTheDelay) {
  AlertRuleState state({.for_ms = kMinute});
  Update(0, {"a"}, &state);
  EXPECT_THAT(state.TakeDue(0, kMinute, kMinute), IsEmpty());
  EXPECT_EQ(state.NextDue(kMinute), std::nullopt);
  Update(kMinute, {"a"}, &state);
  EXPECT_THAT(state.NextDue(kMinute), Optional(kMinute));
  const std::vector<Alert> sent = state.TakeDue(kMinute, kMinute, 2 * kMinute);
  ASSERT_THAT(sent, SizeIs(1));
  EXPECT_THAT(sent[0].valid_until, Optional(9 * kMinute));
  EXPECT_THAT(state.TakeDue(2 * kMinute, kMinute, kMinute), IsEmpty());
  EXPECT_THAT(state.NextDue(kMinute), Optional(2 * kMinute + 1));
  EXPECT_THAT(state.TakeDue(2 * kMinute + 1, kMinute, kMinute), SizeIs(1));
}

TEST(AlertRuleState, SendsAResolvedAlertAtOnceAndRepeatsItUntilItIsForgotten) {
  AlertRuleState state(AlertRuleSettings{});
  Update(0, {"a"}, &state);
  state.TakeDue(0, kMinute, kMinute);
  Update(1, {}, &state);
  ASSERT_THAT(state.TakeDue(1, kMinute, kMinute), SizeIs(1));
  size_t repeated = 0;
  for (model::Timestamp t = kMinute; t <= 20 * kMinute; t += kMinute) {
    Update(t, {}, &state);
    repeated += state.TakeDue(t, kMinute, kMinute).size();
  }
  EXPECT_EQ(repeated, 7u);  // a delay that has just passed is not past
}

TEST(AlertRuleState, HoldsWhatIsAbsentUntilThereIsEvidence) {
  AlertRuleState state({.for_ms = kMinute});
  Update(0, {"a", "b"}, &state);
  const auto held = state.Update(kMinute, {}, true);
  ASSERT_TRUE(held.ok());
  ASSERT_THAT(*held, SizeIs(2));
  EXPECT_EQ(held->front().from, AlertState::kPending);
  EXPECT_EQ(held->front().to, AlertState::kPending);
  EXPECT_THAT(held->front().alert.silent_since, Optional(kMinute));
  EXPECT_EQ(state.NextChange(), std::nullopt) << "no `for` ends while nothing is known";
  EXPECT_THAT(state.Advance(5 * kMinute), IsEmpty());
  EXPECT_THAT(*state.Update(6 * kMinute, {}, true), IsEmpty());
  Update(7 * kMinute, {"a"}, &state);
  ASSERT_THAT(state.alerts(), SizeIs(1)) << "b was pending, and is not true";
  EXPECT_EQ(state.alerts()[0].state, AlertState::kFiring);
  EXPECT_FALSE(state.alerts()[0].silent_since.has_value());
}

TEST(AlertRuleState, RepeatsWhatIsHeldWhileFiring) {
  AlertRuleState state(AlertRuleSettings{});
  Update(0, {"a"}, &state);
  state.TakeDue(0, kMinute, kMinute);
  ASSERT_TRUE(state.Update(1, {}, true).ok());
  EXPECT_THAT(state.TakeDue(kMinute + 1, kMinute, kMinute), SizeIs(1));
}

TEST(AlertRuleState, CountsAPendingAlertFromWhatTurnedOutAfterwards) {
  AlertRuleState state({.for_ms = 10 * kMinute});
  Update(20 * kMinute, {"a"}, &state);
  const model::Labels labels = state.alerts()[0].labels;
  state.Backdate(labels, 25 * kMinute);
  EXPECT_EQ(state.alerts()[0].active_at, 20 * kMinute);
  state.Backdate(labels, 12 * kMinute);
  EXPECT_THAT(state.NextChange(), Optional(22 * kMinute));
}

}  // namespace
}  // namespace tidemark::alert
