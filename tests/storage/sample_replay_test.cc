#include "storage/sample_replay.h"

#include <random>

#include <gmock/gmock.h>

namespace tidemark::storage {
namespace {

using model::Labels;
using ::testing::ElementsAre;
using ::testing::Pair;

class SampleReplayTest : public ::testing::Test {
 protected:
  // Series 1 to `count`.
  void AddSeries(SeriesRef count) {
    for (SeriesRef ref = 1; ref <= count; ++ref) {
      const Labels labels = Labels::Of({{"__name__", "m"}, {"series", std::to_string(ref)}});
      ASSERT_TRUE(head_.Restore({ref, 1, labels}).ok());
    }
  }
  // How many samples the series has in order and late.
  std::pair<uint32_t, uint32_t> SamplesOf(SeriesRef ref) {
    base::EpochDomain::Guard guard(head_.epochs());
    const SeriesView view = head_.series(ref)->View();
    uint32_t in_order = 0;
    for (const auto& chunk : view.chunks) {
      in_order += chunk.count;
    }
    return {in_order, view.late_count};
  }

  Head head_{1};
};

// Appended in another order some of them would be late.
TEST_F(SampleReplayTest, KeepsTheOrderOfEachSeries) {
  constexpr SeriesRef kSeries = 3000;
  constexpr int kSamples = 40;
  AddSeries(kSeries);
  SampleReplay replay(&head_, 3);
  std::mt19937_64 random(7);
  for (int i = 0; i < kSamples; ++i) {
    std::vector<JournalSample> scrape;
    for (SeriesRef ref = 1; ref <= kSeries; ++ref) {
      scrape.push_back({ref, true, {1000 * i, static_cast<double>(random())}});
    }
    replay.Add(scrape);
  }
  replay.Drain();
  EXPECT_EQ(replay.counts().appended, uint64_t{kSeries} * kSamples);
  EXPECT_TRUE(replay.counts().unknown.empty());
  for (SeriesRef ref = 1; ref <= kSeries; ++ref) {
    ASSERT_EQ(SamplesOf(ref), std::pair(uint32_t{kSamples}, 0u)) << "series " << ref;
  }
}

TEST_F(SampleReplayTest, CountsSamplesOfUnknownSeries) {
  AddSeries(2);
  SampleReplay replay(&head_, 2);
  const std::vector<JournalSample> samples = {
      {1, true, {1, 1}}, {900, true, {1, 1}}, {5, true, {1, 1}}, {900, true, {2, 1}}};
  replay.Add(samples);
  replay.Drain();
  EXPECT_EQ(replay.counts().appended, 1u);
  EXPECT_THAT(replay.counts().unknown, ElementsAre(Pair(5, 1), Pair(900, 2)));
}

TEST_F(SampleReplayTest, TakesSeriesThatAreRestoredBetweenSamples) {
  SampleReplay replay(&head_, 2);
  for (SeriesRef ref = 1; ref <= 600; ++ref) {
    replay.Drain();
    const Labels labels = Labels::Of({{"__name__", "m"}, {"series", std::to_string(ref)}});
    ASSERT_TRUE(head_.Restore({ref, 1, labels}).ok());
    const JournalSample sample{ref, true, {1000, 1}};
    replay.Add({&sample, 1});
  }
  replay.Drain();
  EXPECT_EQ(replay.counts().appended, 600u);
}

}  // namespace
}  // namespace tidemark::storage
