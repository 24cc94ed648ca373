#include "fleet/task/task_report.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fleet/testing/cluster_feed.h"

namespace tidemark::fleet {
namespace {

using testing::ClusterFeed;

TaskReport Report(ClusterFeed& feed) {
  return ReportTask(feed.cluster(), feed.task(), feed.now_ms());
}

TEST(TaskReport, OfAWellTaskSaysThatItRuns) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kRunning);
  EXPECT_EQ(report.recovery_point, feed.now_ms() - kMinuteMs);
  EXPECT_EQ(report.rpo_ms, kMinuteMs);
  EXPECT_EQ(report.delivery_lag_ms, feed.delivery_ms);
  EXPECT_THAT(report.owners, ::testing::ElementsAre(ClusterFeed::TidbName(0)));
  EXPECT_EQ(report.safe_point_margin_ms, feed.safe_point_behind_ms - kMinuteMs);
  EXPECT_FALSE(report.data_lost);
  ASSERT_EQ(report.stores.size(), 3u);
  EXPECT_EQ(report.stores[0].status, 0);
  ASSERT_TRUE(report.stores[0].last_flush.has_value());
  EXPECT_LE(feed.now_ms() - *report.stores[0].last_flush, 3 * kMinuteMs);
}

TEST(TaskReport, RenewsTheProtectionWhileTheOwnerTicks) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  EXPECT_EQ(Report(feed).protection_left_ms, kDayMs);
}

TEST(TaskReport, CountsTheProtectionDownFromTheLastTick) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.ticks = false;
  feed.checkpoint_moves = false;
  feed.Run(3 * kHourMs);
  EXPECT_EQ(Report(feed).protection_left_ms, kDayMs - 3 * kHourMs);
}

TEST(TaskReport, CountsTheProtectionDownFromThePause) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  feed.checkpoint_moves = false;
  feed.Run(5 * kHourMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kPaused);
  EXPECT_EQ(report.protection_left_ms,
            kDayMs - 5 * kHourMs + ClusterFeed::kScrapeMs);  // seen one scrape later
}

TEST(TaskReport, CountsTheProtectionFromTheRecoveryPointWhereThePauseWasNotSeen) {
  ClusterFeed feed;
  feed.SetStatus(1);
  feed.checkpoint_moves = false;
  feed.checkpoint_ms = ClusterFeed::kStartMs - 6 * kHourMs;
  feed.Run(kMinuteMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kPaused);
  EXPECT_EQ(report.protection_left_ms, 18 * kHourMs - kMinuteMs);
}

TEST(TaskReport, SaysThatATaskLagsWhenItsCheckpointStandsStill) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.checkpoint_moves = false;
  feed.Run(8 * kMinuteMs);
  EXPECT_EQ(Report(feed).state, TaskState::kRunning);
  feed.Run(2 * kMinuteMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kLagging);
  EXPECT_EQ(report.rpo_ms, 11 * kMinuteMs);
}

TEST(TaskReport, StillMeasuresTheLagWhenNoOwnerTellsTheCheckpoint) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.checkpoint_moves = false;
  feed.owner = std::nullopt;
  feed.pd_frozen = true;
  feed.pd_checkpoint_ms = std::nullopt;
  feed.Run(20 * kMinuteMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kLagging);
  EXPECT_EQ(report.rpo_ms, 21 * kMinuteMs);
  EXPECT_TRUE(report.owners.empty());
}

TEST(TaskReport, DoesNotAddTheDelayOfDeliveryToTheLag) {
  ClusterFeed feed;
  feed.delivery_ms = kHourMs;  // a backlog is replayed
  feed.Run(30 * kMinuteMs);
  feed.Skip(kHourMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kRunning);
  EXPECT_EQ(report.rpo_ms, kMinuteMs);
  EXPECT_EQ(report.delivery_lag_ms, kHourMs);
}

TEST(TaskReport, IsUnknownAndNotWellWhenNothingComes) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.Skip(2 * kMinuteMs);
  EXPECT_EQ(Report(feed).state, TaskState::kRunning);
  feed.Skip(kMinuteMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kUnknown);
  EXPECT_EQ(report.rpo_ms, kMinuteMs);
  EXPECT_EQ(report.delivery_lag_ms, 3 * kMinuteMs);
}

TEST(TaskReport, OfAPausedTaskAfterARollingRestartSaysThatItIsOrphaned) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  feed.checkpoint_moves = false;
  feed.Run(kHourMs);
  for (size_t i = 0; i < 3; ++i) {
    feed.Restart(i);
    feed.Run(5 * kMinuteMs);
  }
  feed.owner = 1;  // the rolling restart took the owner along, and the new one tells nothing
  feed.checkpoint_told = false;
  feed.Run(3 * kHourMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kOrphaned);
  EXPECT_TRUE(report.recovery_point.has_value());
  EXPECT_LT(report.protection_left_ms, 20 * kHourMs);
  EXPECT_GT(report.protection_left_ms, 19 * kHourMs);
}

TEST(TaskReport, StaysPausedWhileOneStoreStillTellsThePause) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  feed.Run(kHourMs);
  feed.Restart(0);
  feed.Restart(1);
  feed.Run(kHourMs);
  EXPECT_EQ(Report(feed).state, TaskState::kPaused);
}

TEST(TaskReport, OfAStoppedTaskDoesNotSayThatItIsOrphaned) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  for (auto& store : feed.stores()) {
    store.status = std::nullopt;
    store.idle = true;
    store.task_events["task_remove"] = 1;
  }
  feed.checkpoint_told = false;
  feed.checkpoint_moves = false;
  feed.Run(kHourMs);
  EXPECT_EQ(Report(feed).state, TaskState::kStopped);
}

TEST(TaskReport, OfATaskWithdrawnByRunningStoresSaysThatItWasStopped) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  for (auto& store : feed.stores()) {
    store.status = std::nullopt;  // and no event is told
    store.idle = true;
  }
  feed.checkpoint_told = false;
  feed.checkpoint_moves = false;
  feed.Run(kHourMs);
  EXPECT_EQ(Report(feed).state, TaskState::kStopped);
}

TEST(TaskReport, OfAPausedTaskSaysThatItIsOrphanedThoughNoScrapeSawTheStoresDown) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  feed.Run(30 * kMinuteMs);
  for (size_t i = 0; i < feed.stores().size(); ++i) {
    feed.Restart(i);
  }
  feed.checkpoint_told = false;
  feed.checkpoint_moves = false;
  feed.Run(ClusterFeed::kScrapeMs);
  // The markers come behind the restart.
  for (size_t i = 0; i < feed.stores().size(); ++i) {
    feed.SendStale("tikv_log_backup_task_status",
                   {{"instance", ClusterFeed::StoreName(i)}, {"job", "tikv"}, {"task", "pitr"}});
  }
  feed.Run(5 * kMinuteMs);
  EXPECT_EQ(Report(feed).state, TaskState::kOrphaned);
}

TEST(TaskReport, OfATaskThatWasStoppedAndStartedAgainSaysThatItRuns) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.store(0).task_events["task_remove"] = 1;
  feed.Run(ClusterFeed::kScrapeMs);
  EXPECT_TRUE(feed.task().removed_at.has_value());
  feed.Run(10 * kMinuteMs);
  EXPECT_EQ(Report(feed).state, TaskState::kRunning);
}

TEST(TaskReport, OfAFailedStoreSaysThatTheTaskFailed) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  feed.store(2).status = 2;
  feed.Run(kMinuteMs);
  const TaskReport report = Report(feed);
  EXPECT_EQ(report.state, TaskState::kFailed);
  EXPECT_EQ(report.stores[2].status, 2);
}

TEST(TaskReport, SaysThatDataIsLostOnceGcHasPassedTheRecoveryPoint) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  feed.checkpoint_moves = false;
  feed.checkpoint_told = false;
  feed.Run(kHourMs);
  EXPECT_FALSE(Report(feed).data_lost);
  feed.safe_point_ms = feed.now_ms();
  feed.Run(2 * kMinuteMs);
  const TaskReport report = Report(feed);
  EXPECT_TRUE(report.data_lost);
  EXPECT_LT(report.safe_point_margin_ms, 0);
}

TEST(TaskReport, DoesNotCryWhenTheSafePointIsScrapedBeforeTheCheckpoint) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  const double ahead = MsToTso(feed.now_ms());
  feed.SendAt("tikv_gcworker_autogc_safe_point", {{"instance", ClusterFeed::StoreName(0)}},
              {feed.now_ms() + 1, ahead}, feed.now_ms());
  EXPECT_FALSE(Report(feed).data_lost);
  // TiKV tells PD's checkpoint of its last flush.
  feed.SendAt("tikv_log_backup_store_checkpoint_ts",
              {{"instance", ClusterFeed::StoreName(0)}, {"task", "pitr"}},
              {feed.now_ms() + 2, MsToTso(feed.now_ms() - kMinuteMs)}, feed.now_ms());
  EXPECT_FALSE(Report(feed).data_lost);
}

TEST(TaskReport, WorksWithTheNamesOfOldVersions) {
  ClusterFeed feed;
  feed.old_spelling = true;
  feed.Run(30 * kMinuteMs);
  EXPECT_EQ(Report(feed).state, TaskState::kRunning);
}

TEST(TaskReport, WorksWithoutAnyStatusWhileStoresFlush) {
  ClusterFeed feed;
  for (auto& store : feed.stores()) {
    store.tells_status = false;
  }
  feed.Run(15 * kMinuteMs);
  EXPECT_EQ(Report(feed).state, TaskState::kRunning);
}

}  // namespace
}  // namespace tidemark::fleet
