#include "fleet/diagnosis/symptom.h"

#include "fleet/diagnosis/diagnose.h"
#include "gtest/gtest.h"
#include "tests/fleet/testing/cluster_feed.h"

namespace tidemark::fleet {
namespace {

using testing::ClusterFeed;
using testing::StoreModel;

// The symptom that stands with the lag of the cluster.
std::string SymptomIn(ClusterFeed& feed) {
  for (const Finding& finding : Diagnose(feed.cluster(), feed.now_ms())) {
    if (finding.kind == FindingKind::kCheckpointLagging) {
      return finding.evidence.back().value;
    }
  }
  return "no lag";
}

ClusterFeed Lagging() {
  ClusterFeed feed;
  feed.Run(30 * kMinuteMs);
  feed.checkpoint_moves = false;
  return feed;
}

TEST(Symptom, IsOneBehindWhereEverythingElseWorks) {
  ClusterFeed feed = Lagging();
  feed.Run(15 * kMinuteMs);
  EXPECT_EQ(SymptomIn(feed), "A");
}

TEST(Symptom, IsTheAdvancerWhereItsOwnerIsMissingOrIdle) {
  ClusterFeed feed = Lagging();
  feed.ticks = false;
  feed.Run(15 * kMinuteMs);
  EXPECT_EQ(SymptomIn(feed), "B");
  ClusterFeed without = Lagging();
  without.owner = std::nullopt;
  without.Run(15 * kMinuteMs);
  EXPECT_EQ(SymptomIn(without), "B");
}

TEST(Symptom, IsAStoppedStore) {
  ClusterFeed feed = Lagging();
  feed.store(0).flushes_stop = true;
  feed.Run(15 * kMinuteMs);
  EXPECT_EQ(SymptomIn(feed), "C");
}

TEST(Symptom, IsTheStorageWhereAllStoresHaveStopped) {
  ClusterFeed feed = Lagging();
  for (StoreModel& store : feed.stores()) {
    store.flushes_fail = true;
  }
  feed.Run(15 * kMinuteMs);
  EXPECT_EQ(SymptomIn(feed), "D");
}

TEST(Symptom, IsARestart) {
  ClusterFeed feed = Lagging();
  feed.Restart(1);
  feed.Run(15 * kMinuteMs);
  EXPECT_EQ(SymptomIn(feed), "E");
}

TEST(Symptom, IsAnOwnerChangeWhereNoCheckpointIsTold) {
  ClusterFeed feed = Lagging();
  feed.checkpoint_told = false;
  feed.Run(15 * kMinuteMs);
  EXPECT_EQ(SymptomIn(feed), "G");
}

TEST(Symptom, IsSilenceWhereNothingComes) {
  ClusterFeed feed = Lagging();
  feed.Run(15 * kMinuteMs);
  feed.Skip(10 * kMinuteMs);
  EXPECT_EQ(SymptomIn(feed), "H");
}

TEST(Symptom, HasALetterAndAText) {
  EXPECT_EQ(Letter(Symptom::kOneBehind), "A");
  EXPECT_EQ(Letter(Symptom::kLooksWell), "I");
  EXPECT_FALSE(Describe(Symptom::kLooksWell).empty());
}

}  // namespace
}  // namespace tidemark::fleet
