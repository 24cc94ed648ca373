#include "fleet/task/track.h"

#include "gtest/gtest.h"

namespace tidemark::fleet {
namespace {

constexpr model::Timestamp kT = 1'790'000'000'000;

TEST(Track, KeepsTheNewestSampleAndLeavesOutOlderOnes) {
  Track track(Signal::kHeapBytes, "");
  EXPECT_FALSE(track.has_value());
  EXPECT_TRUE(track.Add({kT, 5}, false));
  EXPECT_FALSE(track.Add({kT, 6}, false));
  EXPECT_FALSE(track.Add({kT - 1, 7}, false));
  EXPECT_EQ(track.value(), 5);
  EXPECT_EQ(track.time(), kT);
}

TEST(Track, KnowsWhenTheValueLastChanged) {
  Track track(Signal::kHeapBytes, "");
  track.Add({kT, 5}, false);
  track.Add({kT + 10, 5}, false);
  EXPECT_EQ(track.changed_at(), kT);
  track.Add({kT + 20, 6}, false);
  EXPECT_EQ(track.changed_at(), kT + 20);
  EXPECT_EQ(track.first_time(), kT);
}

TEST(Track, EndsWithAStaleMarkerAndKeepsItsLastValue) {
  Track track(Signal::kHeapBytes, "");
  track.Add({kT, 5}, false);
  track.Add({kT + 10, model::StaleMarker()}, false);
  EXPECT_TRUE(track.ended());
  EXPECT_EQ(track.value(), 5);
  track.Add({kT + 20, 6}, false);
  EXPECT_FALSE(track.ended());
}

TEST(Track, CountsIncreasesAcrossARestart) {
  Track track(Signal::kFlushes, "");
  track.Add({kT, 100}, false);
  track.Add({kT + kMinuteMs, 103}, false);
  track.Add({kT + 2 * kMinuteMs, 2}, false);
  EXPECT_EQ(track.Increase(kT + 2 * kMinuteMs, 5), 5);
  EXPECT_EQ(track.increased_at(), kT + 2 * kMinuteMs);
}

TEST(Track, CountsTheFirstValueOnlyOfACounterThatWasBorn) {
  Track old(Signal::kFatalErrors, "KV:LogBackup:Io");
  old.Add({kT, 3}, false);
  EXPECT_EQ(old.increased_at(), std::nullopt);
  Track born(Signal::kFatalErrors, "KV:LogBackup:Io");
  born.Add({kT, 1}, true);
  EXPECT_EQ(born.increased_at(), kT);
  EXPECT_EQ(born.Increase(kT, 1), 1);
}

TEST(Track, ForgetsIncreasesThatAreOutOfTheWindow) {
  Track track(Signal::kFlushes, "");
  track.Add({kT, 0}, false);
  track.Add({kT + kMinuteMs, 1}, false);
  track.Add({kT + 10 * kMinuteMs, 3}, false);
  EXPECT_EQ(track.Increase(kT + 10 * kMinuteMs, 5), 2);
  EXPECT_EQ(track.Increase(kT + 10 * kMinuteMs, 15), 3);
  EXPECT_EQ(track.Increase(kT + 60 * kMinuteMs, 15), 0);
  track.Add({kT + 200 * kMinuteMs, 4}, false);
  EXPECT_EQ(track.Increase(kT + 200 * kMinuteMs, 31), 1);
}

TEST(Track, OfAHeartbeatKnowsOnlyItsLastBeat) {
  Track track(Signal::kActorMessages, "sync");
  track.Add({kT, 5}, false);
  track.Add({kT + 10, 6}, false);
  track.Add({kT + 20, 6}, false);
  EXPECT_EQ(track.increased_at(), kT + 10);
  EXPECT_EQ(track.Increase(kT + 20, 5), 0);
}

TEST(RecentSums, HasNothingBeforeItsFirstSampleAndTakesTimesBefore1970) {
  RecentSums<double, 4, kHourMs> sums;
  EXPECT_EQ(sums.Sum(0, 3), 0);
  EXPECT_EQ(sums.Sum(-5 * kHourMs, 3), 0);
  sums.Add(-kHourMs, 2);
  sums.Add(kHourMs, 3);
  EXPECT_EQ(sums.Sum(kHourMs, 2), 3);
  EXPECT_EQ(sums.Sum(kHourMs, 4), 5);
}

TEST(RecentSums, KeepsWhatFitsAndIsSavedAsItIs) {
  RecentSums<double, 4, kHourMs> sums;
  sums.Add(kT, 1);
  sums.Add(kT + 2 * kHourMs, 2);
  sums.Add(kT + kHourMs, 4);      // late, but inside
  sums.Add(kT - 5 * kHourMs, 8);  // too late
  EXPECT_EQ(sums.Sum(kT + 2 * kHourMs, 4), 7);
  EXPECT_EQ(sums.Sum(kT + 2 * kHourMs, 1), 2);
  EXPECT_EQ(sums.Sum(kT + 4 * kHourMs, 4), 6);
  RecentSums<double, 4, kHourMs> copy;
  copy.Restore(sums.newest(), sums.buckets());
  EXPECT_EQ(copy.Sum(kT + 2 * kHourMs, 4), 7);
}

}  // namespace
}  // namespace tidemark::fleet
