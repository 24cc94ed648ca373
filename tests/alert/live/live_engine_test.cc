#include "alert/live/live_engine.h"

#include <gmock/gmock.h>

#include "tests/alert/live/live_fixture.h"

namespace tidemark::alert {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LiveEngineTest : public LiveFixture {
 protected:
  static constexpr const char* kFiring = R"({alertname="A", job="x"} firing)";

  const model::Labels up_ = Series("up", {{"job", "x"}});
  const model::Labels other_ = Series("other", {{"job", "x"}});
};

TEST_F(LiveEngineTest, FiresWhenTheDecidingSampleArrives) {
  Open(Parse(AlertText("A", "up == 0")));
  Put(up_, 1);
  EXPECT_THAT(sink_.TakeSent(), IsEmpty());
  clock_.Advance(7);
  Put(up_, 0);
  EXPECT_THAT(sink_.TakeSent(), ElementsAre(kFiring));
  EXPECT_THAT(sink_.TakeChanges(),
              ElementsAre(fmt::format(
                  "arrival {{alertname=\"A\", job=\"x\"}} inactive>firing at {}", kStart + 7)));
  RunFor(15'000);
  Put(up_, 1);
  EXPECT_THAT(sink_.TakeSent(), ElementsAre(R"({alertname="A", job="x"} inactive)"));
}

TEST_F(LiveEngineTest, FiresAtTheMillisecondAtWhichTimeMakesItTrue) {
  Open(Parse(AlertText("A", "time() - up > 60")));
  Put(up_, static_cast<double>(kStart) / 1000);
  RunUntil(kStart + 60'000);
  EXPECT_THAT(sink_.TakeChanges(), IsEmpty());
  RunUntil(kStart + 60'001);
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("deadline")));
  EXPECT_EQ(TrueAlerts().size(), 1u);
}

TEST_F(LiveEngineTest, KeepsForRunningWithoutArrivals) {
  Open(Parse(AlertText("A", "up == 0", "    for: 2m\n")));
  Put(up_, 0);
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("inactive>pending")));
  RunUntil(kStart + 119'999);
  EXPECT_THAT(sink_.TakeChanges(), IsEmpty());
  RunUntil(kStart + 120'000);
  EXPECT_THAT(
      sink_.TakeChanges(),
      ElementsAre(fmt::format("deadline {{alertname=\"A\", job=\"x\"}} pending>firing at {}",
                              kStart + 120'000)));
}

TEST_F(LiveEngineTest, EvaluatesOnlyThePartitionThatWasTouched) {
  Open(Parse(AlertText("A", "max by (job) (up) == 0")));
  for (int i = 0; i < 100; ++i) {
    Put(Series("up", {{"job", fmt::format("j{}", i)}}), 1);
  }
  const uint64_t before = live_->totals().evaluations;
  clock_.Advance(1000);
  Put(Series("up", {{"job", "j7"}}), 1);
  EXPECT_EQ(live_->totals().evaluations, before + 1);
  EXPECT_EQ(live_->totals().partitions, 100u);
}

TEST_F(LiveEngineTest, EvaluatesWhatCannotBeSplitAtMostOnceATick) {
  Open(Parse(AlertText("A", "count(up == 0) > 1")));
  const uint64_t before = live_->totals().evaluations;
  for (int i = 0; i < 100; ++i) {
    clock_.Advance(10);
    Put(Series("up", {{"job", fmt::format("j{}", i)}}), 0);
  }
  EXPECT_LE(live_->totals().evaluations, before + 2);
  RunFor(1000);
  EXPECT_THAT(TrueAlerts(), ElementsAre(R"({alertname="A"})"));
}

TEST_F(LiveEngineTest, LooksAtARateAgainAndAgainOnlyWhenSamplesAreMissing) {
  Open(Parse(AlertText("A", "rate(up[2m]) > 100")));
  for (int i = 0; i < 20; ++i) {
    Put(up_, 1000 + i);
    RunFor(15'000);
  }
  Put(up_, 1020);
  const uint64_t before = live_->totals().evaluations;
  RunFor(14'000);
  EXPECT_LE(live_->totals().evaluations, before + 1) << "at most for a sample that left the range";
  RunFor(10'000);
  EXPECT_GE(live_->totals().evaluations, before + 7) << "the next one is overdue";
}

TEST_F(LiveEngineTest, RepeatsWhatFiresAndSaysSo) {
  Open(Parse(AlertText("A", "up == 0")));
  Put(up_, 0);
  EXPECT_THAT(sink_.TakeSent(), ElementsAre(kFiring));
  RunFor(60'000);
  EXPECT_THAT(sink_.TakeSent(), IsEmpty());
  RunFor(2);
  EXPECT_THAT(sink_.TakeSent(), ElementsAre(std::string(kFiring) + " again"));
}

TEST_F(LiveEngineTest, HoldsAnAlertWhoseInputsVanish) {
  Open(Parse(AlertText("A", "up == 0")));
  Put(up_, 0);
  sink_.TakeChanges();
  RunFor(300'000);
  EXPECT_THAT(
      sink_.TakeChanges(),
      ElementsAre(AllOf(HasSubstr("silent "), HasSubstr("firing>firing"), HasSubstr(" silent"))));
  sink_.TakeSent();
  RunFor(61'000);
  EXPECT_THAT(sink_.TakeSent(), Contains(std::string(kFiring) + " again")) << "still told";
  ASSERT_THAT(live_->Status()[0].rules[0].alerts, SizeIs(1));
  EXPECT_TRUE(live_->Status()[0].rules[0].alerts[0].alert.silent_since.has_value());
  Put(up_, 0);
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("arrival")));
  EXPECT_FALSE(live_->Status()[0].rules[0].alerts[0].alert.silent_since.has_value());
  clock_.Advance(1000);
  Put(up_, 1);
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("firing>inactive")));
}

TEST_F(LiveEngineTest, HoldsOnAStalenessMarkerToo) {
  Open(Parse(AlertText("A", "up == 0 and other == 1")));
  Put(other_, 1);
  Put(up_, 0);
  sink_.TakeChanges();
  clock_.Advance(1000);
  Put(other_, model::StaleMarker());
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("silent")));
  clock_.Advance(1000);
  Put(other_, 2);
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("firing>inactive")));
}

TEST_F(LiveEngineTest, EvaluatesNothingOfAForgottenClusterUntilMoreOfItComes) {
  options_.identity_labels = {{"cluster"}};
  const model::Labels series = Series("up", {{"cluster", "gone"}});
  Open(Parse(AlertText("A", "time() - up > 60")));
  Put(series, static_cast<double>(kStart) / 1000);
  RunFor(70'000);
  sink_.TakeChanges();
  live_->Forget(model::Labels::Of({{"cluster", "gone"}}));
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("firing>inactive")));
  RunFor(200'000);
  EXPECT_THAT(sink_.TakeChanges(), IsEmpty()) << "though it is true as long as the sample counts";
  Put(series, static_cast<double>(kStart) / 1000);
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("inactive>firing")));
}

TEST_F(LiveEngineTest, EndsTheAlertsOfAClusterThatIsForgotten) {
  options_.identity_labels = {{"cluster"}};
  Open(Parse(AlertText("A", "up == 0")));
  Put(Series("up", {{"cluster", "gone"}}), 0);
  Put(Series("up", {{"cluster", "there"}}), 0);
  RunFor(300'000);
  sink_.TakeChanges();
  live_->Forget(model::Labels::Of({{"cluster", "gone"}}));
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(AllOf(HasSubstr("forgotten "), HasSubstr("gone"),
                                                     HasSubstr("firing>inactive"))));
  EXPECT_THAT(sink_.TakeSent(), Contains(AllOf(HasSubstr("gone"), HasSubstr("inactive"))));
  RunFor(300'000);
  EXPECT_THAT(TrueAlerts(), IsEmpty());
  ASSERT_THAT(live_->Status()[0].rules[0].alerts, SizeIs(1)) << "the other is held";
  Put(Series("up", {{"cluster", "gone"}}), 0);
  EXPECT_THAT(live_->Status()[0].rules[0].alerts, SizeIs(2)) << "it has come back";
}

TEST_F(LiveEngineTest, ReleasesWhatVanishesWhereTheGroupSaysSo) {
  options_.release_silent = [](const RuleGroup& group) { return group.name == "g"; };
  Open(Parse(AlertText("A", "up == 0")));
  Put(up_, 0);
  sink_.TakeChanges();
  RunFor(300'000);
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("deadline")));
  EXPECT_THAT(TrueAlerts(), IsEmpty());
}

TEST_F(LiveEngineTest, EvaluatesLateSamplesForTheirOwnTimeAndTellsNobody) {
  Open(Parse(AlertText("A", "up == 0", "    for: 1m\n")));
  Put(up_, 1);
  RunFor(3 * 3'600'000);
  sink_.TakeChanges();
  // The cluster is back; it was down for twenty minutes of the time it was cut off.
  const model::Timestamp begin = kStart + 3'600'000;
  for (int i = 0; i < 600; ++i) {
    const model::Timestamp t = kStart + 15'000 * (i + 1);
    store_.Put(up_, t, t >= begin && t < begin + 1'200'000 ? 0 : 1);
    clock_.Advance(1);
    Run();
  }
  RunFor(20'000);
  EXPECT_THAT(sink_.TakeSent(), IsEmpty());
  const std::string a = R"(late {alertname="A", job="x"} )";
  EXPECT_THAT(sink_.TakeChanges(),
              ElementsAre(fmt::format("{}inactive>pending at {}", a, begin),
                          fmt::format("{}pending>firing at {}", a, begin + 60'000),
                          fmt::format("{}firing>inactive at {}", a, begin + 1'200'000)));
}

TEST_F(LiveEngineTest, TakesLateSamplesThatComeWhileEarlierOnesAreEvaluated) {
  Open(Parse(AlertText("A", "up == 0")));
  Put(up_, 1);
  RunFor(3 * 3'600'000);
  sink_.TakeChanges();
  // More of them than are evaluated in one go.
  const auto time_of = [](int i) { return kStart + 15'000 * (i + 1); };
  constexpr int kSamples = 200;
  for (int i = 0; i < kSamples; ++i) {
    store_.Put(up_, time_of(i), i % 2);
  }
  Run();
  sink_.on_change = [this, &time_of] {
    if (sink_.changes.size() == 1) {
      store_.Put(up_, time_of(kSamples), 0);
    }
  };
  clock_.Advance(20'000);
  Run();
  EXPECT_THAT(sink_.TakeChanges(),
              Contains(fmt::format(R"(late {{alertname="A", job="x"}} inactive>firing at {})",
                                   time_of(kSamples))));
  EXPECT_THAT(sink_.TakeSent(), IsEmpty());
}

TEST_F(LiveEngineTest, LooksAtABacklogWhenAllOfItHasCome) {
  options_.catch_up_ms = 500;
  Open(Parse(AlertText("A", "up == 0")));
  Put(up_, 1);
  RunFor(280'000);
  sink_.TakeChanges();
  // It was down for a while, and is not any more.
  for (model::Timestamp t = kStart + 15'000; t <= kStart + 280'000; t += 15'000) {
    PutAt(up_, t, t < kStart + 200'000 ? 0 : 1);
    RunFor(100);
  }
  RunFor(5000);
  EXPECT_THAT(sink_.TakeSent(), IsEmpty());
  EXPECT_THAT(sink_.TakeChanges(), IsEmpty());
  Put(up_, 0);
  EXPECT_THAT(sink_.TakeSent(), ElementsAre(kFiring)) << "at once again";
}

TEST_F(LiveEngineTest, CountsForFromWhatLateSamplesShow) {
  Open(Parse(AlertText("A", "up == 0", "    for: 10m\n")));
  Put(up_, 1);
  RunFor(3'600'000);
  for (int64_t ago = 1'800'000; ago > 0; ago -= 15'000) {
    store_.Put(up_, clock_.NowMs() - ago, 0);
  }
  Run();
  EXPECT_THAT(sink_.TakeSent(), IsEmpty());
  RunFor(5000);
  EXPECT_THAT(sink_.TakeSent(), ElementsAre(kFiring)) << "true for half an hour, and still is";
}

TEST_F(LiveEngineTest, RecordsForTheirOwnTimeWhatLateSamplesSay) {
  Open(Parse("  - record: job:up:sum\n    expr: sum by (job) (up)\n" +
             AlertText("A", "job:up:sum == 0")));
  Put(up_, 1);
  RunFor(3 * 3'600'000);
  sink_.TakeChanges();
  const model::Timestamp begin = kStart + 3'600'000;
  for (model::Timestamp t = kStart + 15'000; t < kStart + 2 * 3'600'000; t += 15'000) {
    store_.Put(up_, t, t >= begin && t < begin + 600'000 ? 0 : 7);
  }
  Run();
  RunFor(30'000);
  const auto sum_at = [this](model::Timestamp t) {
    const auto sum = engine_.Instant("job:up:sum", t);
    return sum.ok() && sum->vector.size() == 1 ? sum->vector[0].value : -1;
  };
  EXPECT_EQ(sum_at(kStart + 1'800'000), 7);
  EXPECT_EQ(sum_at(begin), 0);
  EXPECT_EQ(sum_at(begin + 600'000), 7);
  EXPECT_EQ(sum_at(kStart + 3 * 3'600'000), -1) << "it ended where the late samples end";
  // What reads the recorded series sees it too.
  const std::string a = R"(late {alertname="A", job="x"} )";
  EXPECT_THAT(sink_.TakeChanges(),
              ElementsAre(fmt::format("{}inactive>firing at {}", a, begin),
                          fmt::format("{}firing>inactive at {}", a, begin + 600'000)));
  EXPECT_THAT(sink_.TakeSent(), IsEmpty());
}

TEST_F(LiveEngineTest, WaitsForTheRestOfAScrapeAndCountsWhatDoesNotCome) {
  options_.settle_ms = 250;
  Open(Parse(AlertText("A", "up - other < 0")));
  store_.Put({{up_, {kStart, 1}}, {other_, {kStart, 1}}});
  RunFor(15'000);
  sink_.TakeChanges();
  Put(other_, 2);
  EXPECT_THAT(TrueAlerts(), IsEmpty());
  RunFor(249);
  EXPECT_THAT(TrueAlerts(), IsEmpty());
  RunFor(1);
  EXPECT_THAT(TrueAlerts(), SizeIs(1));
  EXPECT_EQ(live_->Status()[0].rules[0].settle_expiries, 1u);
}

TEST_F(LiveEngineTest, RecordsAndEvaluatesWhatDependsOnItAtOnce) {
  Open(Parse("  - record: job:up:sum\n    expr: sum by (job) (up)\n    labels: {team: t}\n" +
             AlertText("A", "job:up:sum{team=\"t\"} > 1")));
  store_.Put({{Series("up", {{"job", "x"}, {"i", "1"}}), {kStart, 1}},
              {Series("up", {{"job", "x"}, {"i", "2"}}), {kStart, 1}}});
  Run();
  EXPECT_THAT(TrueAlerts(), ElementsAre(R"({alertname="A", job="x", team="t"})"));
  const auto recorded = engine_.Instant("job:up:sum", kStart);
  ASSERT_TRUE(recorded.ok());
  ASSERT_THAT(recorded->vector, SizeIs(1));
  EXPECT_EQ(recorded->vector[0].value, 2);
}

TEST_F(LiveEngineTest, WritesWhatGoesOnOnceAnIntervalAndEndsWhatIsOver) {
  Open(Parse(AlertText("A", "up == 0"), "  interval: 30s\n"));
  Put(up_, 0);
  for (int i = 0; i < 8; ++i) {
    RunFor(15'000);
    Put(up_, 0);
  }
  const auto alerts = engine_.Instant("count_over_time(ALERTS[10m])", clock_.NowMs());
  ASSERT_TRUE(alerts.ok());
  ASSERT_THAT(alerts->vector, SizeIs(1));
  EXPECT_EQ(alerts->vector[0].value, 5);
  RunFor(15'000);
  Put(up_, 1);
  EXPECT_THAT(engine_.Instant("ALERTS", clock_.NowMs())->vector, IsEmpty());
}

TEST_F(LiveEngineTest, GivesNoAlertsAboveTheLimitOfAllPartitions) {
  Open(Parse(AlertText("A", "up == 0"), "  limit: 2\n"));
  const auto up = [](int i) { return Series("up", {{"job", fmt::format("j{}", i)}}); };
  Put(up(1), 0);
  Put(up(2), 0);
  EXPECT_THAT(TrueAlerts(), SizeIs(2));
  Put(up(3), 0);
  EXPECT_THAT(TrueAlerts(), IsEmpty());
  EXPECT_THAT(live_->Status()[0].rules[0].error, HasSubstr("exceeded limit of 2 with 3 alerts"));
  clock_.Advance(1000);
  Put(up(1), 1);
  EXPECT_THAT(TrueAlerts(), SizeIs(2));
  EXPECT_EQ(live_->Status()[0].rules[0].health, RuleHealth::kOk);
}

TEST_F(LiveEngineTest, EvaluatesAGroupForEachClusterAndOneForTheFleet) {
  options_.identity_labels = {{"cluster"}};
  options_.is_fleet_wide = [](const RuleGroup& group) { return group.name == "fleet"; };
  RuleFileSet files = Parse(AlertText("A", "max by (task) (lag) > 10",
                                      "    annotations: {where: '{{ $externalLabels.cluster }} "
                                      "{{ $labels.cluster }}'}\n"));
  RuleFileSet fleet = Parse(AlertText("F", "count(lag > 10) >= 2"));
  fleet[0].groups[0].name = "fleet";
  files.push_back(fleet[0]);
  Open(files);
  const auto lag = [](const char* c) { return Series("lag", {{"cluster", c}, {"task", "t"}}); };
  store_.Put({{lag("a"), {kStart, 20}}, {lag("b"), {kStart, 5}}});
  Run();
  EXPECT_THAT(TrueAlerts("A"), ElementsAre(R"({alertname="A", cluster="a", task="t"})"));
  EXPECT_EQ(live_->Status()[0].rules[0].alerts[0].alert.annotations[0].second, "a a");
  EXPECT_THAT(TrueAlerts("F"), IsEmpty());
  clock_.Advance(1000);
  Put(lag("b"), 30);
  RunFor(1000);
  EXPECT_THAT(TrueAlerts("A"), SizeIs(2));
  EXPECT_THAT(TrueAlerts("F"), ElementsAre(R"({alertname="F"})"));
}

TEST_F(LiveEngineTest, FindsOutPerClusterWhatIsAbsent) {
  options_.identity_labels = {{"cluster"}};
  Open(Parse(AlertText("A", "absent(lag)") + AlertText("B", "up == 7")));
  EXPECT_THAT(TrueAlerts(), IsEmpty()) << "no cluster is known";
  Put(Series("up", {{"cluster", "a"}}), 1);
  Put(Series("lag", {{"cluster", "b"}}), 1);
  EXPECT_THAT(TrueAlerts(), ElementsAre(R"({alertname="A", cluster="a"})"));
}

TEST_F(LiveEngineTest, TakesSeriesThatDifferByReplicaAsOne) {
  options_.identity_labels = {{"cluster"}};
  options_.replica_labels = {"replica"};
  Open(Parse(AlertText("A", "sum(lag) > 10")));
  for (const char* replica : {"1", "2"}) {
    Put(Series("lag", {{"cluster", "a"}, {"replica", replica}}), 8);
  }
  RunFor(1000);
  EXPECT_THAT(TrueAlerts(), IsEmpty());
}

TEST_F(LiveEngineTest, GoesOnFromSavedAlerts) {
  const RuleFileSet rules = Parse(AlertText("A", "up == 0", "    for: 10m\n"));
  Open(rules);
  Put(up_, 0);
  RunFor(540'000);
  Put(up_, 0);
  const std::vector<SavedAlert> saved = live_->Save();
  ASSERT_THAT(saved, SizeIs(1));
  live_ = std::make_unique<LiveEngine>(options_, LiveDeps{&engine_, &store_, &clock_, &sink_});
  clock_.Advance(30'000);
  ASSERT_TRUE(live_->Apply(rules).ok());
  live_->Restore(saved);
  sink_.TakeChanges();
  RunUntil(kStart + 600'000);
  EXPECT_THAT(sink_.TakeChanges(), ElementsAre(HasSubstr("pending>firing")));
  sink_.TakeSent();
  const auto again = live_->Save();
  live_ = std::make_unique<LiveEngine>(options_, LiveDeps{&engine_, &store_, &clock_, &sink_});
  ASSERT_TRUE(live_->Apply(rules).ok());
  live_->Restore(again);
  RunFor(1000);
  EXPECT_THAT(sink_.TakeSent(), IsEmpty()) << "nothing is sent twice as new";
}

TEST_F(LiveEngineTest, EndsTheSeriesOfAlertsThatEndedBehindItsBack) {
  const RuleFileSet rules = Parse(AlertText("A", "up == 0"));
  Open(rules);
  Put(up_, 0);
  const std::vector<SavedAlert> saved = live_->Save();
  ASSERT_THAT(engine_.Instant("ALERTS", clock_.NowMs())->vector, SizeIs(1));
  live_.reset();
  clock_.Advance(15'000);
  store_.Put(up_, clock_.NowMs(), 1);
  live_ = std::make_unique<LiveEngine>(options_, LiveDeps{&engine_, &store_, &clock_, &sink_});
  ASSERT_TRUE(live_->Apply(rules).ok());
  live_->Restore(saved);
  Run();
  EXPECT_THAT(engine_.Instant("ALERTS", clock_.NowMs())->vector, IsEmpty());
  EXPECT_THAT(engine_.Instant("ALERTS_FOR_STATE", clock_.NowMs())->vector, IsEmpty());
}

TEST_F(LiveEngineTest, PutsNewRulesInForceAndGoesOnWithTheOld) {
  Open(Parse(AlertText("A", "up == 0") + AlertText("B", "up == 0")));
  Put(up_, 0);
  sink_.TakeChanges();
  sink_.TakeSent();
  clock_.Advance(1000);
  ASSERT_TRUE(live_->Apply(Parse(AlertText("A", "up == 0") + AlertText("C", "up < 1"))).ok());
  Run();
  EXPECT_THAT(sink_.TakeChanges(),
              ElementsAre(AllOf(HasSubstr("reload"), HasSubstr("\"B\""), HasSubstr(">inactive")),
                          AllOf(HasSubstr("deadline"), HasSubstr("\"C\""), HasSubstr(">firing"))));
  EXPECT_THAT(TrueAlerts(), SizeIs(2));
}

TEST_F(LiveEngineTest, RefusesBadRulesWhole) {
  Open(Parse(AlertText("A", "up == 0")));
  RuleFileSet bad = Parse(AlertText("B", "up == 1"));
  bad[0].groups[0].rules[0].expr = "up ==";
  const absl::Status applied = live_->Apply(bad);
  EXPECT_EQ(applied.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(applied.message()), HasSubstr("rules.yml:"));
  Put(up_, 0);
  EXPECT_THAT(TrueAlerts(), ElementsAre(R"({alertname="A", job="x"})"));
}

TEST_F(LiveEngineTest, SeesWhatWasThereBeforeTheRules) {
  store_.Put(up_, kStart, 0);
  Open(Parse(AlertText("A", "up == 0")));
  EXPECT_THAT(TrueAlerts(), SizeIs(1));
}

TEST_F(LiveEngineTest, ForgetsWhatHasLeftMemoryOnceItCountsForNothing) {
  Open(Parse(AlertText("A", "up == 0")));
  Put(up_, 1);
  EXPECT_EQ(live_->totals().partitions, 1u);
  store_.Evict(up_);
  Run();
  EXPECT_EQ(live_->totals().series, 1u);
  RunFor(301'000);
  EXPECT_EQ(live_->totals().series, 0u);
  EXPECT_EQ(live_->totals().partitions, 0u);
}

TEST_F(LiveEngineTest, ShowsTheErrorOfARuleThatFailsAndKeepsItsAlerts) {
  Open(Parse(AlertText("A", "up == on (job) other")));
  Put(other_, 0);
  Put(up_, 0);
  EXPECT_THAT(TrueAlerts(), SizeIs(1));
  clock_.Advance(1000);
  Put(Series("other", {{"job", "x"}, {"twice", "y"}}), 0);
  EXPECT_EQ(live_->Status()[0].rules[0].health, RuleHealth::kError);
  EXPECT_THAT(TrueAlerts(), SizeIs(1));
}

}  // namespace
}  // namespace tidemark::alert
