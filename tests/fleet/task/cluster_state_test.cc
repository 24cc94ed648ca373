#include "fleet/task/cluster_state.h"

#include "gtest/gtest.h"
#include "tests/fleet/testing/cluster_feed.h"

namespace tidemark::fleet {
namespace {

using testing::ClusterFeed;

TEST(ClusterState, KnowsInstancesByTheirComponent) {
  ClusterFeed feed;
  feed.Run(kMinuteMs);
  const ClusterState& cluster = feed.cluster();
  ASSERT_EQ(cluster.instances().size(), 6u);
  EXPECT_EQ(cluster.FindInstance("10.0.0.1:20180")->component, Component::kTikv);
  EXPECT_EQ(cluster.FindInstance("10.0.1.2:10080")->component, Component::kTidb);
  EXPECT_EQ(cluster.FindInstance("10.0.2.1:2379")->component, Component::kPd);
  EXPECT_EQ(cluster.FindInstance("nowhere"), nullptr);
}

TEST(ClusterState, ReadsTheComponentOfCommonMetricsFromTheJob) {
  ClusterState cluster({.labels = model::Labels::Of({{"cluster", "c"}}), .name = "c"});
  const auto component = [&](const char* job) {
    const model::Labels series =
        model::Labels::Of({{"__name__", "up"}, {"instance", job}, {"job", job}});
    return cluster.Attach(series, *ReadSignal(series)).instance->component;
  };
  EXPECT_EQ(component("tikv"), Component::kTikv);
  EXPECT_EQ(component("ns-prod-pd"), Component::kPd);
  EXPECT_EQ(component("node_exporter"), Component::kUnknown);
  EXPECT_EQ(component("xtikv"), Component::kUnknown);
}

TEST(ClusterState, FollowsItsOwnTimeAndTheDelayOfDelivery) {
  ClusterFeed feed;
  feed.delivery_ms = 5000;
  feed.Run(kMinuteMs);
  EXPECT_EQ(feed.cluster().time(), ClusterFeed::kStartMs + kMinuteMs);
  EXPECT_EQ(feed.cluster().delivery_lag_ms(), 5000);
  EXPECT_EQ(feed.cluster().first_sample(), ClusterFeed::kStartMs + ClusterFeed::kScrapeMs);
}

TEST(ClusterState, TakesTheSamplesOfTwoReplicasAsOneSeries) {
  ClusterFeed feed;
  const auto send = [&](int64_t ms, double value) {
    feed.SendAt("tikv_log_backup_errors",
                {{"instance", "a"}, {"type", "x"}, {"prometheus_replica", ms % 2 ? "1" : "0"}},
                {ClusterFeed::kStartMs + ms, value}, ClusterFeed::kStartMs + ms);
  };
  send(0, 10);
  send(7001, 11);
  send(15000, 12);
  send(7001, 11);  // what the other had sent before
  const Track* errors = feed.cluster().FindInstance("a")->Find(Signal::kErrors, "x");
  EXPECT_EQ(errors->Increase(ClusterFeed::kStartMs + 15000, 5), 2);
  EXPECT_EQ(feed.cluster().late_samples(), 1u);
}

TEST(ClusterState, LearnsThePauseWhenTheFirstStoreTellsIt) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.store(1).status = 1;
  feed.Run(ClusterFeed::kScrapeMs);
  const model::Timestamp paused = feed.now_ms();
  feed.SetStatus(1);
  feed.Run(kHourMs);
  EXPECT_EQ(feed.task().paused_since, paused);
  EXPECT_TRUE(feed.task().pause_seen);
  EXPECT_EQ(feed.task().renewed_at, paused);
}

TEST(ClusterState, DoesNotTakeThePausesBeginningForSeenWhenItWasNot) {
  ClusterFeed feed;
  feed.SetStatus(1);
  feed.checkpoint_moves = false;
  feed.checkpoint_ms = ClusterFeed::kStartMs - kHourMs;
  feed.Run(kMinuteMs);
  EXPECT_TRUE(feed.task().paused_since.has_value());
  EXPECT_FALSE(feed.task().pause_seen);
  EXPECT_EQ(feed.task().renewed_at, std::nullopt);
}

TEST(ClusterState, RemembersAFailureUntilTheTaskRuns) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.SetStatus(1);
  feed.store(0).status = 2;
  feed.Run(kMinuteMs);
  EXPECT_TRUE(feed.task().failed_since.has_value());
  feed.store(0).status = std::nullopt;  // the store that failed was restarted
  feed.Run(kHourMs);
  EXPECT_TRUE(feed.task().failed_since.has_value());
  feed.SetStatus(0);
  feed.Run(kMinuteMs);
  EXPECT_FALSE(feed.task().failed_since.has_value());
  EXPECT_FALSE(feed.task().paused_since.has_value());
}

TEST(ClusterState, TakesAPauseRightAfterAFatalErrorForAFailure) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.store(0).fatal_errors["KV:LogBackup:Io"] = 1;  // born at one
  feed.Run(ClusterFeed::kScrapeMs);
  feed.SetStatus(1);
  feed.Run(kMinuteMs);
  EXPECT_TRUE(feed.task().failed_since.has_value());
}

TEST(ClusterState, DoesNotTakeErrorsOfBeforeItsTimeForNewOnes) {
  ClusterFeed feed;
  feed.store(0).fatal_errors["KV:LogBackup:Io"] = 3;
  feed.Run(10 * kMinuteMs);
  EXPECT_EQ(feed.cluster().fatal_error_at(), std::nullopt);
}

TEST(ClusterState, KeepsTheCheckpointWhenTheOwnerLosesIt) {
  ClusterFeed feed;
  feed.pd_frozen = true;
  feed.Run(10 * kMinuteMs);
  const OptionalTime before = feed.task().RecoveryPoint();
  feed.checkpoint_told = false;
  feed.owner = std::nullopt;
  feed.Run(kHourMs);
  EXPECT_EQ(feed.task().RecoveryPoint(), before);
}

TEST(ClusterState, NoticesWhenTheAdvancerChangesItsOwner) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  EXPECT_EQ(feed.cluster().owner().instance, ClusterFeed::TidbName(0));
  EXPECT_FALSE(feed.cluster().owner().changed_at.has_value());
  feed.owner = 1;
  feed.Run(2 * ClusterFeed::kScrapeMs);
  EXPECT_EQ(feed.cluster().owner().instance, ClusterFeed::TidbName(1));
  EXPECT_EQ(feed.cluster().owner().before, ClusterFeed::TidbName(0));
  EXPECT_TRUE(feed.cluster().owner().changed_at.has_value());
}

TEST(ClusterState, DoesNotTakeASecondOwnerForAChange) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.also_owners = {1};
  feed.Run(10 * kMinuteMs);
  EXPECT_EQ(feed.cluster().owner().instance, ClusterFeed::TidbName(0));
  EXPECT_FALSE(feed.cluster().owner().changed_at.has_value());
}

TEST(ClusterState, DoesNotTrustTheRecoveryPointBeyondWhatTheStorageHas) {
  ClusterFeed feed;
  feed.Run(kMinuteMs);
  feed.storage_checkpoint_ms = ClusterFeed::kStartMs - kHourMs;
  feed.Run(kMinuteMs);
  EXPECT_EQ(feed.task().RecoveryPoint(), ClusterFeed::kStartMs - kHourMs);
}

TEST(ClusterState, StartsAnewWhenTheClusterWasRebuilt) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.Skip(kHourMs);
  feed.cluster_id = "7002";
  feed.task_name = "other";
  feed.Run(10 * kMinuteMs);
  ASSERT_EQ(feed.cluster().ids().size(), 2u);
  EXPECT_EQ(feed.cluster().FindTask("pitr"), nullptr);
  EXPECT_NE(feed.cluster().FindTask("other"), nullptr);
}

TEST(ClusterState, KnowsBothIdsWhereTwoClustersShareAName) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.Send("pd_cluster_metadata", {{"instance", "10.9.9.9:2379"}, {"type", "cluster7002"}}, 0);
  ASSERT_EQ(feed.cluster().ids().size(), 2u);
  EXPECT_NE(feed.cluster().FindTask("pitr"), nullptr);
}

TEST(ClusterState, GoesOnFromWhatWasSaved) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.SetStatus(1);
  feed.Run(10 * kMinuteMs);
  const TaskFacts before = feed.task();
  ClusterFeed later;
  later.cluster().Restore(feed.cluster().Save());
  EXPECT_EQ(later.task(), before);
  EXPECT_EQ(later.cluster().time(), feed.cluster().time());
  // What is replayed of the time before teaches nothing.
  later.SetStatus(0);
  later.Run(5 * kMinuteMs);
  EXPECT_EQ(later.task(), before);
  // What comes afterwards does.
  later.Skip(15 * kMinuteMs);
  later.Run(kMinuteMs);
  EXPECT_FALSE(later.task().paused_since.has_value());
}

TEST(ClusterState, CountsVolumesOnceAcrossARestart) {
  ClusterFeed feed;
  feed.Run(kHourMs);
  const double before = feed.cluster().volumes().flushed_bytes.Sum(feed.now_ms(), 96);
  EXPECT_GT(before, 0);
  ClusterFeed later;
  later.cluster().Restore(feed.cluster().Save());
  later.Run(30 * kMinuteMs);
  EXPECT_EQ(later.cluster().volumes().flushed_bytes.Sum(feed.now_ms(), 96), before);
}

TEST(ClusterState, ForgetsInstancesThatHaveGone) {
  ClusterFeed feed;
  feed.Run(kMinuteMs);
  feed.store(0).up = false;
  const model::Timestamp gone = feed.now_ms();
  feed.Run(kHourMs);
  EXPECT_FALSE(feed.cluster().ForgetInstances(gone));
  EXPECT_TRUE(feed.cluster().ForgetInstances(gone + 1));
  EXPECT_EQ(feed.cluster().FindInstance(ClusterFeed::StoreName(0)), nullptr);
}

}  // namespace
}  // namespace tidemark::fleet
