// One test for each thing that is known to go wrong, and for what looks like it and is not.
#include "fleet/diagnosis/diagnose.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fleet/testing/cluster_feed.h"

namespace tidemark::fleet {
namespace {

using testing::ClusterFeed;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::StoreModel;
using enum FindingKind;

// For tests that play days: 240 s.
constexpr int64_t kLongScrapeMs = 4 * kMinuteMs;
constexpr char kPd[] = "KV:LogBackup:Pd";
constexpr char kIo[] = "KV:LogBackup:Io";

std::vector<std::string> Names(ClusterFeed& feed) {
  std::vector<std::string> names;
  for (const Finding& finding : Diagnose(feed.cluster(), feed.now_ms())) {
    names.emplace_back(InfoOf(finding.kind).name);
  }
  return names;
}

std::optional<Finding> Find(ClusterFeed& feed, FindingKind kind) {
  for (Finding& finding : Diagnose(feed.cluster(), feed.now_ms())) {
    if (finding.kind == kind) {
      return finding;
    }
  }
  return std::nullopt;
}

// The finding is there and rests on something.
#define EXPECT_FOUND(feed, kind)                                                  \
  do {                                                                            \
    const auto found_here = Find(feed, kind);                                     \
    ASSERT_TRUE(found_here.has_value()) << ::testing::PrintToString(Names(feed)); \
    EXPECT_THAT(found_here->evidence, Not(IsEmpty()));                            \
    EXPECT_THAT(found_here->summary, Not(IsEmpty()));                             \
  } while (false)
#define EXPECT_NOT_FOUND(feed, kind) EXPECT_FALSE(Find(feed, kind).has_value())

void Stop(ClusterFeed* feed) { feed->checkpoint_moves = false; }

// A metric of store `i` grows by `step` a scrape for `ms`.
void Grow(ClusterFeed* feed, size_t i, const std::string& metric,
          const testing::SeriesLabels& labels, double step, int64_t ms) {
  double& value = feed->store(i).extra[{metric, labels}];
  for (int64_t passed = 0; passed < ms; passed += feed->scrape_ms) {
    value += step;
    feed->Run(feed->scrape_ms);
  }
}

TEST(Catalogue, NamesAreDistinctAndEveryKindHasAnAction) {
  for (const FindingInfo& info : FindingCatalogue()) {
    EXPECT_EQ(FindFindingInfo(info.name), &info);
    EXPECT_FALSE(info.action.empty()) << info.name;
    EXPECT_FALSE(info.title.empty()) << info.name;
  }
  EXPECT_EQ(FindFindingInfo("no-such-thing"), nullptr);
}

TEST(Diagnose, FindsNothingInAWellCluster) {
  ClusterFeed feed;
  feed.Run(kHourMs);
  EXPECT_THAT(Names(feed), IsEmpty());
}

TEST(Diagnose, FindsNothingInAWellClusterOfAnOldVersion) {
  ClusterFeed feed;
  feed.old_spelling = true;
  feed.Run(kHourMs);
  EXPECT_THAT(Names(feed), IsEmpty());
}

TEST(Diagnose, FindsACheckpointThatLags) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  Stop(&feed);
  feed.Run(15 * kMinuteMs);
  EXPECT_FOUND(feed, kCheckpointLagging);
  EXPECT_EQ(Find(feed, kCheckpointLagging)->severity, Severity::kWarning);
  feed.Run(30 * kMinuteMs);
  EXPECT_EQ(Find(feed, kCheckpointLagging)->severity, Severity::kCritical);
}

TEST(Diagnose, FindsAPause) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  Stop(&feed);
  feed.Run(kHourMs);
  EXPECT_FOUND(feed, kTaskPaused);
  EXPECT_EQ(Find(feed, kTaskPaused)->severity, Severity::kInfo);
  feed.Run(2 * kHourMs);
  EXPECT_EQ(Find(feed, kTaskPaused)->severity, Severity::kWarning);
  EXPECT_NOT_FOUND(feed, kProtectionEnding);
  feed.scrape_ms = kLongScrapeMs;
  feed.Run(10 * kHourMs);
  EXPECT_FOUND(feed, kProtectionEnding);
  EXPECT_EQ(Find(feed, kProtectionEnding)->severity, Severity::kWarning);
  feed.Run(6 * kHourMs);
  EXPECT_EQ(Find(feed, kProtectionEnding)->severity, Severity::kCritical);
}

TEST(Diagnose, FindsATaskThatWasPausedAndRestarted) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  Stop(&feed);
  feed.Run(10 * kMinuteMs);
  for (size_t i = 0; i < 3; ++i) {
    feed.Restart(i);
  }
  feed.checkpoint_told = false;
  feed.Run(10 * kMinuteMs);
  EXPECT_FOUND(feed, kTaskOrphaned);
  EXPECT_EQ(Find(feed, kTaskOrphaned)->confidence, Confidence::kHigh);
  EXPECT_EQ(Find(feed, kTaskOrphaned)->instances.size(), 3u);
}

TEST(Diagnose, DoesNotMournATaskThatWasStopped) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  for (StoreModel& store : feed.stores()) {
    store.status = std::nullopt;
    store.idle = true;
    store.task_events["task_remove"] = 1;
  }
  Stop(&feed);
  feed.checkpoint_told = false;
  feed.scrape_ms = kLongScrapeMs;
  feed.Run(20 * kHourMs);
  EXPECT_THAT(Names(feed), IsEmpty());
}

TEST(Diagnose, FindsAFailedTask) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  feed.store(1).status = 2;
  feed.store(1).fatal_errors[kIo] = 1;
  Stop(&feed);
  feed.Run(kMinuteMs);
  EXPECT_FOUND(feed, kTaskFailed);
  EXPECT_THAT(Find(feed, kTaskFailed)->instances,
              ::testing::ElementsAre(ClusterFeed::StoreName(1)));
}

TEST(Diagnose, FindsThatDataIsLost) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  Stop(&feed);
  feed.safe_point_ms = feed.now_ms() + kMinuteMs;
  feed.Run(5 * kMinuteMs);
  EXPECT_FOUND(feed, kDataLost);
}

TEST(Diagnose, FindsAPauseByAFalseReadingOfTheLag) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.owner = 1;
  feed.Run(3 * kMinuteMs);
  feed.SetStatus(1);
  Stop(&feed);
  feed.Run(5 * kMinuteMs);
  EXPECT_FOUND(feed, kFalseAutomaticPause);
}

TEST(Diagnose, DoesNotBlameTheAdvancerForAPauseWithoutAChangeOfOwner) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  Stop(&feed);
  feed.Run(5 * kMinuteMs);
  EXPECT_NOT_FOUND(feed, kFalseAutomaticPause);
}

TEST(Diagnose, FindsAnAdvancerWithoutOwner) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.owner = std::nullopt;
  Stop(&feed);
  feed.Run(15 * kMinuteMs);
  EXPECT_FOUND(feed, kNoAdvancerOwner);
  EXPECT_FOUND(feed, kAdvancerStuck);
  EXPECT_FOUND(feed, kCheckpointUntold);
}

TEST(Diagnose, FindsTwoOwners) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.also_owners = {1};
  feed.Run(5 * kMinuteMs);
  EXPECT_FOUND(feed, kSeveralAdvancerOwners);
}

TEST(Diagnose, FindsAnOwnerThatDoesNotTick) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.ticks = false;
  Stop(&feed);
  feed.Run(12 * kMinuteMs);
  EXPECT_FOUND(feed, kAdvancerNotTicking);
  EXPECT_FOUND(feed, kAdvancerStuck);
  EXPECT_EQ(Find(feed, kAdvancerStuck)->confidence, Confidence::kMedium);
}

TEST(Diagnose, IsSurerOfAStuckAdvancerWhereStoresTellTheirOwnCheckpoints) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  Stop(&feed);
  for (int i = 0; i < 60; ++i) {
    for (StoreModel& store : feed.stores()) {
      store.extra[{"tikv_log_backup_store_last_checkpoint_ts", {}}] = MsToTso(feed.now_ms());
    }
    feed.Run(ClusterFeed::kScrapeMs);
  }
  EXPECT_FOUND(feed, kAdvancerStuck);
  EXPECT_EQ(Find(feed, kAdvancerStuck)->confidence, Confidence::kHigh);
}

TEST(Diagnose, FindsATickThatTakesTooLong) {
  ClusterFeed feed;
  feed.tick_takes_seconds = 13;
  feed.Run(30 * kMinuteMs);
  EXPECT_FOUND(feed, kAdvancerTickSlow);
}

TEST(Diagnose, FindsACheckpointThatDoesNotReachPd) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.pd_frozen = true;
  feed.Run(8 * kMinuteMs);
  EXPECT_NOT_FOUND(feed, kCheckpointNotInPd);
  feed.Run(5 * kMinuteMs);
  EXPECT_FOUND(feed, kCheckpointNotInPd);
}

TEST(Diagnose, DoesNotTakeAStartTimeAfterARestartForPdsCheckpoint) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.pd_frozen = true;
  feed.pd_checkpoint_ms = ClusterFeed::kStartMs - kDayMs;  // what a restarted store tells first
  feed.Run(5 * kMinuteMs);
  EXPECT_NOT_FOUND(feed, kCheckpointNotInPd);
}

TEST(Diagnose, FindsACheckpointThatDoesNotReachTheStorage) {
  ClusterFeed feed;
  feed.storage_checkpoint_ms = ClusterFeed::kStartMs;
  feed.Run(30 * kMinuteMs);
  EXPECT_FOUND(feed, kCheckpointNotInStorage);
}

TEST(Diagnose, FindsATaskThatWasStartedAnewAndStandsStill) {
  ClusterFeed feed;
  Stop(&feed);
  feed.checkpoint_ms = ClusterFeed::kStartMs;
  feed.Run(10 * kMinuteMs);
  feed.store(0).task_events["task_add"] += 1;
  feed.Run(15 * kMinuteMs);
  EXPECT_FOUND(feed, kTaskRestartedStuck);
}

TEST(Diagnose, DoesNotBlameANewTaskThatAdvances) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.store(0).task_events["task_add"] += 1;
  feed.Run(15 * kMinuteMs);
  EXPECT_NOT_FOUND(feed, kTaskRestartedStuck);
}

TEST(Diagnose, FindsAnAdvancerThatOnlyPolls) {
  ClusterFeed feed;
  feed.region_requests_per_scrape = 20;
  Stop(&feed);
  for (int i = 0; i < 160; ++i) {
    feed.checkpoint_ms = feed.now_ms() - 5 * kMinuteMs;
    feed.Run(ClusterFeed::kScrapeMs);
  }
  EXPECT_FOUND(feed, kPollingOnly);
}

TEST(Diagnose, FindsALargeTransaction) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  Stop(&feed);
  feed.store(2).gap_ms = 20 * kMinuteMs;
  feed.Run(20 * kMinuteMs);
  EXPECT_FOUND(feed, kLargeTransaction);
  EXPECT_THAT(Find(feed, kLargeTransaction)->instances,
              ::testing::ElementsAre(ClusterFeed::StoreName(2)));
}

TEST(Diagnose, DoesNotTakeErrorsForALargeTransaction) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  Stop(&feed);
  feed.store(2).gap_ms = 20 * kMinuteMs;
  feed.store(2).errors[kPd] = 9;
  feed.Run(10 * kMinuteMs);
  feed.store(2).errors[kPd] = 12;
  feed.Run(10 * kMinuteMs);
  EXPECT_NOT_FOUND(feed, kLargeTransaction);
}

TEST(Diagnose, FindsResidualLocksByTheStepsOfTheCheckpoint) {
  ClusterFeed feed;
  Stop(&feed);
  feed.Run(kMinuteMs);
  for (int i = 0; i < 6; ++i) {
    feed.checkpoint_ms = feed.now_ms() - 6 * kMinuteMs;
    feed.store(0).extra[{"tikv_resolved_ts_min_leader_resolved_ts_region_min_lock_ts", {}}] =
        MsToTso(*feed.checkpoint_ms);
    feed.Run(4 * kMinuteMs);
  }
  EXPECT_FOUND(feed, kResidualLocks);
}

TEST(Diagnose, FindsTheRegionThatIsNotObserved) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  Stop(&feed);
  for (int i = 0; i < 60; ++i) {
    feed.Send("tidb_log_backup_current_last_region_id", {{"instance", ClusterFeed::TidbName(0)}},
              4711);
    feed.Run(ClusterFeed::kScrapeMs);
  }
  EXPECT_FOUND(feed, kRegionNotObserved);
}

TEST(Diagnose, FindsRegionsWithoutObservation) {
  ClusterFeed feed;
  feed.store(1).observed = 900;
  feed.Run(30 * kMinuteMs);
  EXPECT_FOUND(feed, kRegionsUnobserved);
  EXPECT_EQ(InfoOf(kRegionsUnobserved).hold_ms, 15 * kMinuteMs);
}

TEST(Diagnose, ExplainsTheLagAfterARestart) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  Stop(&feed);
  feed.Restart(0);
  feed.Run(12 * kMinuteMs);
  EXPECT_FOUND(feed, kLagAfterRestart);
  EXPECT_EQ(Find(feed, kCheckpointLagging)->severity, Severity::kInfo);
}

TEST(Diagnose, FindsStoresThatCannotObserve) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  Grow(&feed, 0, "tikv_log_backup_initial_scan_reason", {{"reason", "retry"}}, 1, 6 * kMinuteMs);
  EXPECT_FOUND(feed, kObservationRetries);
}

TEST(Diagnose, FindsAStoreThatDoesNotFlush) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.store(0).flushes_stop = true;
  feed.Run(15 * kMinuteMs);
  EXPECT_FOUND(feed, kStoreNotFlushing);
  EXPECT_EQ(Find(feed, kStoreNotFlushing)->severity, Severity::kWarning);
}

TEST(Diagnose, FindsAStorageOutageWhereNoStoreFlushes) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  for (StoreModel& store : feed.stores()) {
    store.flushes_stop = true;
  }
  feed.Run(15 * kMinuteMs);
  EXPECT_FOUND(feed, kStoreNotFlushing);
  EXPECT_EQ(Find(feed, kStoreNotFlushing)->severity, Severity::kCritical);
}

TEST(Diagnose, FindsFlushesThatFail) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.store(0).flushes_fail = true;
  for (int i = 0; i < 8; ++i) {
    feed.store(0).attempts += 3;
    feed.Run(ClusterFeed::kScrapeMs);
  }
  EXPECT_FOUND(feed, kFlushFailing);
  EXPECT_EQ(Find(feed, kFlushFailing)->severity, Severity::kCritical);
}

TEST(Diagnose, DoesNotMindASingleFlushThatFails) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.store(0).attempts += 1;
  feed.Run(kMinuteMs);
  EXPECT_NOT_FOUND(feed, kFlushFailing);
}

TEST(Diagnose, FindsASlowStorage) {
  ClusterFeed feed;
  for (StoreModel& store : feed.stores()) {
    store.flush_takes_seconds = 140;
  }
  feed.Run(30 * kMinuteMs);
  EXPECT_FOUND(feed, kStorageSlow);
}

TEST(Diagnose, FindsDataThatIsUploadedAgainAndAgain) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.store(0).flushes_fail = true;
  Grow(&feed, 0, "tikv_log_backup_upload_file_size_bytes", {{"type", "log"}}, 1e7, 12 * kMinuteMs);
  EXPECT_FOUND(feed, kReuploading);
}

TEST(Diagnose, FindsAStoreThatCannotReachPd) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.store(0).flushes_stop = true;
  for (int i = 0; i < 24; ++i) {
    feed.store(0).errors[kPd] += 1;
    feed.Run(ClusterFeed::kScrapeMs);
  }
  EXPECT_FOUND(feed, kStoreCannotReachPd);
  EXPECT_EQ(Find(feed, kStoreCannotReachPd)->confidence, Confidence::kHigh);
}

TEST(Diagnose, DoesNotTakeAChangeOfPdsLeaderForACutOffStore) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  for (StoreModel& store : feed.stores()) {
    store.errors[kPd] = 6;
  }
  feed.Run(kMinuteMs);
  EXPECT_NOT_FOUND(feed, kStoreCannotReachPd);
}

TEST(Diagnose, FindsAStormOfScans) {
  ClusterFeed feed;
  feed.store(0).extra[{"tikv_log_backup_pending_initial_scan", {{"stage", "queuing"}}}] = 500;
  feed.Run(5 * kMinuteMs);
  EXPECT_FOUND(feed, kScanStorm);
}

TEST(Diagnose, FindsChangesThatFillTheMemory) {
  ClusterFeed feed;
  feed.Run(5 * kMinuteMs);
  feed.store(0).extra[{"tikv_log_backup_heap_memory", {}}] = 2e9;
  feed.Run(kMinuteMs);
  EXPECT_FOUND(feed, kStreamMemory);
}

TEST(Diagnose, DoesNotMindThatABusyClusterSpillsToDisk) {
  ClusterFeed feed;
  feed.store(0).extra[{"tikv_log_backup_temp_file_memory_usage", {}}] = 5e8;
  feed.Run(5 * kMinuteMs);
  Grow(&feed, 0, "tikv_log_backup_temp_file_swap_out_bytes", {}, 1e6, 2 * kMinuteMs);
  EXPECT_NOT_FOUND(feed, kStreamMemory);
}

TEST(Diagnose, FindsMemoryThatWasNotGivenBack) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.store(0).extra[{"tikv_log_backup_temp_file_memory_usage", {}}] = 1e8;
  feed.store(0).idle = true;
  feed.store(0).status = std::nullopt;
  feed.Run(15 * kMinuteMs);
  EXPECT_FOUND(feed, kMemoryNotFreed);
}

TEST(Diagnose, FindsAnEndpointThatHangs) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.store(0).actor_stuck = true;
  feed.store(0).status = std::nullopt;
  feed.Run(4 * kMinuteMs);
  EXPECT_FOUND(feed, kRegistrationHang);
  EXPECT_EQ(Find(feed, kRegistrationHang)->confidence, Confidence::kMedium);
  feed.store(0).leaders = 40'000;
  feed.Run(kMinuteMs);
  EXPECT_EQ(Find(feed, kRegistrationHang)->confidence, Confidence::kHigh);
}

TEST(Diagnose, FindsAnEndpointThatHangsFromItsStartOn) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.Restart(0);
  feed.store(0).actor_stuck = true;  // handles no message: no count of them is born
  feed.Run(15 * kMinuteMs);
  EXPECT_FOUND(feed, kRegistrationHang);
}

TEST(Diagnose, FindsAnEndpointOfAnOldVersionThatHangs) {
  ClusterFeed feed;
  feed.old_spelling = true;
  feed.Run(10 * kMinuteMs);
  feed.store(0).actor_stuck = true;
  feed.Run(4 * kMinuteMs);
  EXPECT_FOUND(feed, kRegistrationHang);
}

TEST(Diagnose, FindsAFatalErrorThoughTheStorageIsWell) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.store(0).fatal_errors[kIo] = 1;
  feed.SetStatus(1);
  feed.Run(kMinuteMs);
  EXPECT_FOUND(feed, kTempFileRace);
}

TEST(Diagnose, DoesNotTakeAFailingStorageForARaceOfFiles) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.store(0).attempts += 31;
  feed.store(0).fatal_errors[kIo] = 1;
  feed.SetStatus(1);
  feed.Run(kMinuteMs);
  EXPECT_NOT_FOUND(feed, kTempFileRace);
}

TEST(Diagnose, FindsTemporaryFilesThatWereLeft) {
  ClusterFeed feed;
  feed.store(0).extra[{"tikv_log_backup_temp_file_count", {}}] = 12;
  feed.store(0).idle = true;
  feed.Run(35 * kMinuteMs);
  EXPECT_FOUND(feed, kTempFilesLeft);
}

TEST(Diagnose, FindsGcThatIsHeldBack) {
  ClusterFeed feed;
  Stop(&feed);
  feed.checkpoint_ms = ClusterFeed::kStartMs - 7 * kHourMs;
  feed.safe_point_ms = ClusterFeed::kStartMs - 7 * kHourMs;
  feed.Run(30 * kMinuteMs);
  EXPECT_FOUND(feed, kGcHeldBack);
}

TEST(Diagnose, DoesNotBlameTheTaskWhenSomethingElseHoldsGc) {
  ClusterFeed feed;
  feed.safe_point_ms = ClusterFeed::kStartMs - 7 * kHourMs;
  feed.Run(30 * kMinuteMs);
  EXPECT_NOT_FOUND(feed, kGcHeldBack);
}

TEST(Diagnose, FindsAnImportThatTheLogDoesNotHave) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  Grow(&feed, 0, "tikv_import_ingest_duration_count", {{"type", "ingest"}}, 5, kMinuteMs);
  EXPECT_FOUND(feed, kPhysicalImport);
}

TEST(Diagnose, FindsHotWrites) {
  ClusterFeed feed;
  feed.scrape_ms = kLongScrapeMs;
  feed.Run(kHourMs);
  Grow(&feed, 0, "tikv_log_backup_handle_kv_batch_sum", {}, 60'000.0 * 240, 7 * kHourMs);
  EXPECT_FOUND(feed, kHotWrites);
  EXPECT_EQ(Find(feed, kHotWrites)->severity, Severity::kInfo);
  Grow(&feed, 0, "tikv_log_backup_handle_kv_batch_sum", {}, 60'000.0 * 240, 18 * kHourMs);
  EXPECT_EQ(Find(feed, kHotWrites)->severity, Severity::kWarning);
}

TEST(Diagnose, FindsMoreLogThanUsual) {
  ClusterFeed feed;
  feed.scrape_ms = kLongScrapeMs;
  feed.Run(47 * kHourMs);
  feed.store(0).flush_bytes += 5e11;
  feed.Run(40 * kHourMs);
  EXPECT_FOUND(feed, kLargeLogRange);
}

TEST(Diagnose, FindsAJumpOfTheLogAgainstWhatIsWritten) {
  ClusterFeed feed;
  feed.scrape_ms = kLongScrapeMs;
  const testing::SeriesLabels written = {{"db", "kv"}, {"type", "bytes_written"}};
  Grow(&feed, 0, "tikv_engine_flow_bytes", written, 1e7, 28 * kHourMs);
  feed.store(0).flush_bytes += 1e11;
  Grow(&feed, 0, "tikv_engine_flow_bytes", written, 1e7, kHourMs);
  EXPECT_FOUND(feed, kLogVolumeJump);
}

TEST(Diagnose, FindsASilentClusterAndKeepsWhatItHadBefore) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  Stop(&feed);
  feed.Run(15 * kMinuteMs);
  feed.Skip(5 * kMinuteMs);
  EXPECT_FOUND(feed, kClusterSilent);
  EXPECT_FOUND(feed, kCheckpointLagging);
}

TEST(Diagnose, FindsLateDeliveryAndNoLagOfTheBackup) {
  ClusterFeed feed;
  feed.delivery_ms = 20 * kMinuteMs;
  feed.Run(30 * kMinuteMs);
  feed.Skip(20 * kMinuteMs);
  EXPECT_FOUND(feed, kDeliveryLate);
  EXPECT_NOT_FOUND(feed, kCheckpointLagging);
  EXPECT_NOT_FOUND(feed, kClusterSilent);
}

TEST(Diagnose, FindsASenderAllOfWhoseClocksAreBehind) {
  ClusterFeed feed;
  feed.delivery_ms = 5 * kMinuteMs;
  feed.Run(9 * kMinuteMs);
  feed.Skip(5 * kMinuteMs);
  EXPECT_NOT_FOUND(feed, kClockSkew);
  feed.Run(11 * kMinuteMs);
  feed.Skip(5 * kMinuteMs);
  EXPECT_FOUND(feed, kClockSkew);
}

TEST(Diagnose, FindsASendersClockThatIsAhead) {
  ClusterFeed feed;
  feed.clock_ahead_ms = 5 * kMinuteMs;
  feed.Run(10 * kMinuteMs);
  EXPECT_FOUND(feed, kClockSkew);
}

TEST(Diagnose, FindsASendersClockThatIsBehindPds) {
  ClusterFeed feed;
  feed.clock_ahead_ms = -5 * kMinuteMs;
  feed.Run(10 * kMinuteMs);
  EXPECT_FOUND(feed, kClockSkew);
}

TEST(Diagnose, FindsTwoClustersOfOneName) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.Send("pd_cluster_metadata", {{"instance", "10.9.9.9:2379"}, {"type", "cluster7002"}}, 0);
  EXPECT_FOUND(feed, kIdentityCollision);
  EXPECT_NOT_FOUND(feed, kClusterRebuilt);
}

TEST(Diagnose, FindsAClusterThatWasRebuilt) {
  ClusterFeed feed;
  feed.Run(10 * kMinuteMs);
  feed.Skip(kHourMs);
  feed.cluster_id = "7002";
  feed.Run(10 * kMinuteMs);
  EXPECT_FOUND(feed, kClusterRebuilt);
  EXPECT_NOT_FOUND(feed, kIdentityCollision);
}

TEST(Diagnose, PutsTheWorstFirst) {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.SetStatus(1);
  feed.store(0).status = 2;
  feed.store(0).extra[{"tikv_log_backup_heap_memory", {}}] = 2e9;
  feed.Run(kMinuteMs);
  const auto findings = Diagnose(feed.cluster(), feed.now_ms());
  ASSERT_GE(findings.size(), 2u);
  EXPECT_EQ(findings.front().kind, kTaskFailed);
}

}  // namespace
}  // namespace tidemark::fleet
