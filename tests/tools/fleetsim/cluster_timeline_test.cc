#include "tools/fleetsim/cluster_timeline.h"

#include <gtest/gtest.h>

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kStart = 1'780'000'000'000;
constexpr int64_t kMinute = 60'000;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

ClusterTimeline Make(uint64_t seed, std::vector<Incident> incidents = {}) {
  return ClusterTimeline({.key = seed, .cluster = 0, .tikv = 3, .tidb = 2}, incidents);
}

Incident At(Incident::Kind kind, int64_t at_ms, int64_t duration_ms = 10 * kMinute) {
  return {.kind = kind, .at_ms = at_ms, .duration_ms = duration_ms};
}

TEST(ClusterTimeline, CheckpointLagIsASawToothOfAFewMinutes) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const ClusterTimeline timeline = Make(seed);
    int64_t highest = 0;
    int64_t lowest = kHour;
    int64_t before = 0;
    for (int64_t t = kStart; t < kStart + kDay; t += 5'000) {
      const int64_t checkpoint = timeline.GlobalCheckpoint(t);
      ASSERT_GE(checkpoint, before) << "seed " << seed << " at " << t;
      before = checkpoint;
      highest = std::max(highest, t - checkpoint);
      lowest = std::min(lowest, t - checkpoint);
    }
    EXPECT_GT(highest, 150'000) << "seed " << seed;
    EXPECT_LT(highest, 10 * kMinute) << "seed " << seed;  // a restart costs a flush or two
    EXPECT_LT(lowest, kMinute) << "seed " << seed;
    EXPECT_GT(lowest, 0) << "seed " << seed;
  }
}

TEST(ClusterTimeline, StoresRestartOncePerWindow) {
  const ClusterTimeline timeline = Make(3);
  std::vector<int64_t> starts;
  for (int64_t t = kStart; t < kStart + 70 * kDay; t += kMinute) {
    const ClusterTimeline::Life life = timeline.TikvLife(1, t);
    EXPECT_EQ(life.up, t >= life.start_ms);
    if (starts.empty() || starts.back() != life.start_ms) {
      starts.push_back(life.start_ms);
    }
  }
  EXPECT_GE(starts.size(), 10u);
  EXPECT_LE(starts.size(), 12u);
}

TEST(ClusterTimeline, HasOneOwnerExceptWhileItMoves) {
  const ClusterTimeline timeline = Make(4);
  int without = 0;
  bool moved = false;
  for (int64_t t = kStart; t < kStart + 20 * kDay; t += kMinute) {
    const bool first = timeline.TidbLifeAt(0, t).owner;
    const bool second = timeline.TidbLifeAt(1, t).owner;
    ASSERT_FALSE(first && second) << t;
    without += first || second ? 0 : 1;
    moved = moved || second;
  }
  EXPECT_TRUE(moved);
  EXPECT_LT(without, 10);
}

TEST(ClusterTimeline, TimeInOfficeNeverFallsWithinALife) {
  const ClusterTimeline timeline = Make(5);
  ClusterTimeline::TidbLife before;
  for (int64_t t = kStart; t < kStart + 40 * kDay; t += 10 * kMinute) {
    const ClusterTimeline::TidbLife now = timeline.TidbLifeAt(0, t);
    if (now.life.start_ms == before.life.start_ms) {
      ASSERT_GE(now.owner_ms, before.owner_ms) << t;
    }
    before = now;
  }
}

TEST(ClusterTimeline, ResignedOwnerMayStayUpAndKeepItsTimeInOffice) {
  const ClusterTimeline timeline = Make(5);
  bool seen = false;
  for (int64_t t = kStart; t < kStart + 40 * kDay; t += kHour) {
    const ClusterTimeline::TidbLife life = timeline.TidbLifeAt(0, t);
    seen = seen || (life.life.up && !life.owner && life.owner_ms > 0);
  }
  EXPECT_TRUE(seen);
}

TEST(ClusterTimeline, OwnerIncidentMovesTheOwner) {
  const int64_t at = kStart + kHour;
  const ClusterTimeline timeline = Make(6, {At(Incident::Kind::kOwner, at)});
  const bool first = timeline.TidbLifeAt(0, at - 1).owner;
  EXPECT_EQ(timeline.TidbLifeAt(1, at - 1).owner, !first);
  EXPECT_EQ(timeline.TidbLifeAt(0, at + kMinute).owner, !first);
  EXPECT_EQ(timeline.TidbLifeAt(1, at + kMinute).owner, first);
}

TEST(ClusterTimeline, RestartIncidentEndsTheLifeOfItsStoreOnly) {
  const int64_t at = kStart + kHour;
  Incident incident = At(Incident::Kind::kRestart, at);
  incident.ordinal = 2;
  const ClusterTimeline timeline = Make(7, {incident});
  EXPECT_FALSE(timeline.TikvLife(2, at).up);
  EXPECT_GT(timeline.TikvLife(2, at + kMinute).start_ms, at);
  EXPECT_EQ(timeline.TikvLife(0, at + kMinute).start_ms, timeline.TikvLife(0, at - 1).start_ms);
}

TEST(ClusterTimeline, PauseStopsTheCheckpointUntilTheTaskHasFlushedAgain) {
  const int64_t at = kStart + kHour;
  const ClusterTimeline timeline = Make(8, {At(Incident::Kind::kPause, at, 2 * kDay)});
  const int64_t held = timeline.GlobalCheckpoint(at + kMinute);
  EXPECT_LT(at - held, 10 * kMinute);
  EXPECT_EQ(timeline.GlobalCheckpoint(at + 2 * kDay - 1), held);
  EXPECT_GT(timeline.GlobalCheckpoint(at + 2 * kDay + 10 * kMinute), at + 2 * kDay);
  EXPECT_TRUE(timeline.PauseAt(at) != nullptr && !timeline.PauseAt(at)->error);
  EXPECT_EQ(timeline.PauseAt(at + 2 * kDay), nullptr);
}

TEST(ClusterTimeline, SegmentsLeaveOutPauses) {
  const ClusterTimeline timeline = Make(9, {At(Incident::Kind::kPause, kStart + kHour),
                                            At(Incident::Kind::kPause, kStart + 3 * kHour)});
  const std::vector<Interval> segments = timeline.TaskSegments(kStart, kStart + 2 * kHour);
  ASSERT_EQ(segments.size(), 2u);
  EXPECT_EQ(segments[0].end_ms, kStart + kHour);
  EXPECT_EQ(segments[1].begin_ms, kStart + kHour + 10 * kMinute);
  EXPECT_EQ(segments[1].end_ms, kStart + 2 * kHour);
}

TEST(ClusterTimeline, ShortOutageFailsFlushesAndRecovers) {
  const int64_t at = kStart + kHour;
  const ClusterTimeline timeline = Make(10, {At(Incident::Kind::kOutage, at, 100'000)});
  EXPECT_TRUE(timeline.pauses().empty());
  EXPECT_GT(timeline.GlobalCheckpoint(at + 8 * kMinute), at);
}

TEST(ClusterTimeline, LongOutageEndsInErrorAfterThirtyOneFailuresInARow) {
  const int64_t at = kStart + kHour;
  const ClusterTimeline timeline = Make(11, {At(Incident::Kind::kOutage, at, kHour)});
  ASSERT_EQ(timeline.pauses().size(), 1u);
  const Pause& pause = timeline.pauses()[0];
  EXPECT_TRUE(pause.error);
  EXPECT_GE(pause.begin_ms, at + ClusterTimeline::kFatalFailures * ClusterTimeline::kRetryMs);
  EXPECT_LT(pause.begin_ms, at + 6 * kMinute);
  EXPECT_EQ(timeline.FlushesFailed(pause.failed_store, {at, pause.begin_ms}),
            ClusterTimeline::kFatalFailures);
}

TEST(ClusterTimeline, CountedFlushesAreThoseTheCheckpointFollows) {
  const int64_t pause = kStart + 2 * kHour;
  const ClusterTimeline timeline =
      Make(12, {At(Incident::Kind::kPause, pause, kHour),
                At(Incident::Kind::kOutage, kStart + 30 * kMinute, 100'000)});
  for (int store = 0; store < 3; ++store) {
    int64_t counted = 0;
    int64_t last = timeline.LastFlushDoneBy(store, kStart);
    int64_t followed = 0;
    const int64_t end = kStart + 5 * kHour;
    ASSERT_LT(timeline.TikvLife(store, end).start_ms, kStart) << "choose another seed";
    for (int64_t t = kStart; t < end; t += 500) {
      const int64_t now = timeline.LastFlushDoneBy(store, t);
      followed += now != last ? 1 : 0;
      last = now;
    }
    // The first segment starts a scan before the window, so that it counts from its beginning.
    for (const Interval& segment : timeline.TaskSegments(kStart - ClusterTimeline::kScanMs, end)) {
      counted += timeline.FlushesDone(store, segment);
    }
    EXPECT_NEAR(static_cast<double>(counted), static_cast<double>(followed), 1) << store;
    EXPECT_GT(followed, 80) << store;
  }
}

}  // namespace
}  // namespace tidemark::fleetsim
