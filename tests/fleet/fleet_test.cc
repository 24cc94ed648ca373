#include "fleet/fleet.h"

#include "fleet/fact_series.h"
#include "fleet/fleet_json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"

namespace tidemark::fleet {
namespace {

using model::Labels;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr model::Timestamp kT = 1'790'000'000'000;

// Sends one sample of a store's status.
void SendStatus(Fleet* fleet, const std::string& cluster, double status, model::Timestamp t,
                std::vector<std::pair<std::string, std::string>> more = {}) {
  more.emplace_back("__name__", "tikv_log_backup_task_status");
  more.emplace_back("cluster", cluster);
  more.emplace_back("instance", "tikv-0");
  more.emplace_back("task", "pitr");
  const auto input = fleet->Attach(Labels::Of(more));
  ASSERT_TRUE(input.has_value());
  fleet->Apply(*input, {t, status}, t);
}

std::vector<std::string> Names(const FleetSnapshot& snapshot) {
  std::vector<std::string> names;
  for (const auto& cluster : snapshot.clusters) {
    names.push_back(cluster->identity.name);
  }
  return names;
}

TEST(Fleet, WantsWhatItKnowsOfClustersItCanName) {
  Fleet fleet({});
  EXPECT_TRUE(fleet.Wants(Labels::Of({{"__name__", "up"}, {"cluster", "a"}})));
  EXPECT_FALSE(fleet.Wants(Labels::Of({{"__name__", "up"}})));
  EXPECT_FALSE(fleet.Wants(Labels::Of({{"__name__", "other"}, {"cluster", "a"}})));
  EXPECT_FALSE(fleet.Attach(Labels::Of({{"__name__", "other"}, {"cluster", "a"}})).has_value());
}

TEST(Fleet, KeepsClustersInOrderOfTheirNames) {
  Fleet fleet({});
  SendStatus(&fleet, "b", 0, kT);
  SendStatus(&fleet, "a", 1, kT);
  fleet.Evaluate(kT);
  EXPECT_THAT(Names(*fleet.snapshot()), ElementsAre("a", "b"));
  EXPECT_EQ(fleet.snapshot()->clusters[0]->tasks[0].state, TaskState::kPaused);
  EXPECT_EQ(fleet.snapshot()->clusters[1]->tasks[0].state, TaskState::kRunning);
}

TEST(Fleet, DoesNotMixTasksOfTheSameName) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT);
  SendStatus(&fleet, "a", 2, kT, {{"tenant", "other"}});
  fleet.Evaluate(kT);
  EXPECT_THAT(Names(*fleet.snapshot()), ElementsAre("a", "other/a"));
  EXPECT_EQ(fleet.snapshot()->Find("a")->tasks[0].state, TaskState::kRunning);
  EXPECT_EQ(fleet.snapshot()->Find("other/a")->tasks[0].state, TaskState::kFailed);
}

TEST(Fleet, KnowsTheSendersOfACluster) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT, {{"prometheus_replica", "0"}});
  SendStatus(&fleet, "a", 0, kT + 7, {{"prometheus_replica", "1"}});
  fleet.Evaluate(kT);
  const auto cluster = fleet.snapshot()->Find("a");
  EXPECT_EQ(cluster->senders.size(), 2u);
  EXPECT_EQ(cluster->instances.size(), 1u);
}

TEST(Fleet, ASnapshotDoesNotChange) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT);
  fleet.Evaluate(kT);
  const auto before = fleet.snapshot();
  SendStatus(&fleet, "b", 0, kT);
  fleet.Evaluate(kT + 1);
  EXPECT_EQ(before->clusters.size(), 1u);
  EXPECT_EQ(fleet.snapshot()->clusters.size(), 2u);
}

TEST(Fleet, EvaluatesOnlyWhatHasChangedWhenAsked) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT);
  SendStatus(&fleet, "b", 0, kT);
  fleet.Evaluate(kT);
  const auto before = fleet.snapshot();
  SendStatus(&fleet, "b", 1, kT + 1);
  fleet.Evaluate(kT + 1, /*all=*/false);
  EXPECT_EQ(fleet.snapshot()->clusters[0], before->clusters[0]);
  EXPECT_NE(fleet.snapshot()->clusters[1], before->clusters[1]);
}

TEST(Fleet, NamesExpectedClustersThatNeverCame) {
  FleetOptions options;
  options.expected = {"a", "b"};
  Fleet fleet(options);
  SendStatus(&fleet, "a", 0, kT);
  fleet.Evaluate(kT);
  ASSERT_EQ(fleet.snapshot()->missing.size(), 1u);
  EXPECT_EQ(fleet.snapshot()->missing[0].name, "b");
}

TEST(Fleet, TellsSinceWhenItWaitsForAnExpectedCluster) {
  FleetOptions options;
  options.expected = {"a"};
  Fleet fleet(options);
  fleet.Evaluate(kT);
  fleet.Evaluate(kT + kHourMs);
  ASSERT_EQ(fleet.snapshot()->missing.size(), 1u);
  EXPECT_EQ(fleet.snapshot()->missing[0].finding.since, kT);
  SendStatus(&fleet, "a", 0, kT + kHourMs);
  fleet.Evaluate(kT + kHourMs);
  EXPECT_THAT(fleet.snapshot()->missing, IsEmpty());
}

TEST(Fleet, ForgetsAClusterUntilItComesBack) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT);
  const uint64_t before = fleet.generation();
  EXPECT_TRUE(absl::IsNotFound(fleet.Forget("b").status()));
  EXPECT_EQ(fleet.Forget("a").value().labels, model::Labels::Of({{"cluster", "a"}}));
  EXPECT_NE(fleet.generation(), before);
  fleet.Evaluate(kT);
  EXPECT_THAT(fleet.snapshot()->clusters, IsEmpty());
  SendStatus(&fleet, "a", 0, kT + 1);
  fleet.Evaluate(kT + 1);
  EXPECT_EQ(fleet.snapshot()->clusters.size(), 1u);
}

TEST(Fleet, StaysForgottenWhenOldSamplesAreReadAgain) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT);
  fleet.Evaluate(kT + 5);
  ASSERT_TRUE(fleet.Forget("a").ok());

  Fleet later({});
  later.Restore(fleet.Save());
  SendStatus(&later, "a", 0, kT);
  later.Evaluate(kT + kMinuteMs);
  EXPECT_THAT(later.snapshot()->clusters, IsEmpty());
  EXPECT_TRUE(absl::IsNotFound(later.Forget("a").status()));
  EXPECT_THAT(later.Save().clusters, IsEmpty());
  SendStatus(&later, "a", 0, kT + 1);
  later.Evaluate(kT + kMinuteMs);
  EXPECT_EQ(later.snapshot()->clusters.size(), 1u);
}

TEST(Fleet, ComesBackAfterItWasForgottenWhenItsClockWasAhead) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT + kHourMs);
  fleet.Evaluate(kT);
  ASSERT_TRUE(fleet.Forget("a").ok());
  SendStatus(&fleet, "a", 0, kT + 1);
  fleet.Evaluate(kT + 1);
  EXPECT_EQ(fleet.snapshot()->clusters.size(), 1u);
}

TEST(Fleet, RemembersForADayWhatWasForgotten) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT);
  fleet.Evaluate(kT);
  ASSERT_TRUE(fleet.Forget("a").ok());
  fleet.Evaluate(kT + Fleet::kForgottenMs);
  EXPECT_EQ(fleet.Save().forgotten.size(), 1u);
  fleet.Evaluate(kT + Fleet::kForgottenMs + 1);
  EXPECT_THAT(fleet.Save().forgotten, IsEmpty());
}

TEST(Fleet, ForgetsATask) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT);
  EXPECT_TRUE(absl::IsNotFound(fleet.ForgetTask("a", "other")));
  EXPECT_TRUE(fleet.ForgetTask("a", "pitr").ok());
  fleet.Evaluate(kT);
  EXPECT_THAT(fleet.snapshot()->clusters[0]->tasks, IsEmpty());
}

TEST(Fleet, GoesOnFromWhatWasSaved) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 0, kT);
  SendStatus(&fleet, "a", 1, kT + 15'000);
  Fleet later({});
  later.Restore(fleet.Save());
  later.Evaluate(kT + kHourMs);
  const auto cluster = later.snapshot()->Find("a");
  ASSERT_NE(cluster, nullptr);
  EXPECT_EQ(cluster->tasks[0].paused_since, kT + 15'000);
  EXPECT_TRUE(cluster->silent);
}

TEST(Fleet, GroupsWhatManyClustersMeet) {
  Fleet fleet({});
  for (const char* name : {"a", "b", "c"}) {
    SendStatus(&fleet, name, 2, kT, {{"region", "eu"}});
  }
  fleet.Evaluate(kT);
  const auto snapshot = fleet.snapshot();
  ASSERT_EQ(snapshot->incidents.size(), 1u);
  EXPECT_EQ(snapshot->incidents[0].kind, FindingKind::kTaskFailed);
  EXPECT_THAT(snapshot->incidents[0].to_resume, ElementsAre("a", "b", "c"));
  EXPECT_EQ(snapshot->incidents[0].shared, (LabelPairs{{"region", "eu"}}));
}

TEST(FactSeries, TellsStateAndFindingsUnderTheIdentityOfTheCluster) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 2, kT);
  fleet.Evaluate(kT);
  std::vector<std::string> texts;
  for (const Fact& fact : FactSeries(*fleet.snapshot())) {
    texts.push_back(fact.labels.ToString() + " " +
                    std::to_string(static_cast<int64_t>(fact.value)));
  }
  EXPECT_THAT(
      texts,
      ::testing::IsSupersetOf(
          {R"(tidemark_cluster_last_sample_timestamp_seconds{cluster="a"} 1790000000)",
           R"(tidemark_cluster_silent{cluster="a"} 0)",
           R"(tidemark_task_state{cluster="a", state="failed", task="pitr"} 1)",
           R"(tidemark_task_state{cluster="a", state="running", task="pitr"} 0)",
           R"(tidemark_finding{cluster="a", confidence="high", finding="task-failed", severity="critical", task="pitr"} 1)"}));
}

TEST(FleetJson, IsJson) {
  FleetOptions options;
  options.expected = {"gone"};
  Fleet fleet(options);
  for (const char* name : {"a", "b\"", "c"}) {
    SendStatus(&fleet, name, 2, kT);
  }
  fleet.Evaluate(kT);
  const auto snapshot = fleet.snapshot();
  std::vector<std::string> texts(5);
  AppendClustersJson(*snapshot, &texts[0]);
  AppendClusterJson(*snapshot->clusters[1], &texts[1]);
  AppendTasksJson(*snapshot, &texts[2]);
  AppendFindingsJson(*snapshot, {}, &texts[3]);
  AppendIncidentsJson(*snapshot, &texts[4]);
  for (const std::string& text : texts) {
    rapidjson::Document document;
    document.Parse(text.c_str());
    EXPECT_FALSE(document.HasParseError()) << text;
  }
  EXPECT_NE(texts[3].find("expected-cluster-missing"), std::string::npos);
  EXPECT_EQ(texts[3].find("1970"), std::string::npos) << texts[3];
}

TEST(FleetJson, GivesTheFindingsThatAreWanted) {
  Fleet fleet({});
  SendStatus(&fleet, "a", 2, kT);
  SendStatus(&fleet, "b", 2, kT);
  fleet.Evaluate(kT);
  const auto count = [&](const FindingFilter& filter) {
    std::string text;
    AppendFindingsJson(*fleet.snapshot(), filter, &text);
    rapidjson::Document document;
    document.Parse(text.c_str());
    return document.Size();
  };
  EXPECT_EQ(count({.cluster = "a", .finding = {}, .at_least = Severity::kInfo}), 1u);
  EXPECT_EQ(count({.cluster = {}, .finding = "task-failed", .at_least = Severity::kCritical}), 2u);
  EXPECT_EQ(count({.cluster = {}, .finding = "task-paused", .at_least = Severity::kInfo}), 0u);
}

}  // namespace
}  // namespace tidemark::fleet
