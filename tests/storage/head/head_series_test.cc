#include "storage/head/head_series.h"

#include <gtest/gtest.h>

#include "model/labels.h"

namespace tidemark::storage {
namespace {

using base::EpochDomain;
using model::Timestamp;

class HeadSeriesTest : public ::testing::Test {
 protected:
  AppendResult Append(Timestamp t, double v) {
    EpochDomain::Guard guard(&epochs_);
    return series_.Append({t, v}, &epochs_);
  }

  std::vector<Timestamp> InOrderTimes() {
    EpochDomain::Guard guard(&epochs_);
    const SeriesView view = series_.View();
    SampleColumns columns;
    for (size_t i = view.chunks.size(); i-- > 0;) {
      const auto& [chunk, count] = view.chunks[i];
      EXPECT_TRUE(DecodeStream(chunk->readable_bytes(), count, model::kMinTimestamp,
                               model::kMaxTimestamp, &columns)
                      .ok());
    }
    return columns.timestamps;
  }

  std::vector<Timestamp> LateTimes() {
    EpochDomain::Guard guard(&epochs_);
    const SeriesView view = series_.View();
    std::vector<Timestamp> times;
    for (uint32_t i = 0; i < view.late_count; ++i) {
      times.push_back(view.late->samples()[i].t);
    }
    return times;
  }

  EpochDomain epochs_;
  model::Labels labels_ = model::Labels::Of({{"__name__", "up"}});
  const HeadSeries::Owner owner_{HeadSeries::Create(7, 3, labels_.bytes())};
  HeadSeries& series_ = *owner_;
};

TEST_F(HeadSeriesTest, TellsInOrderLateDuplicateAndConflictApart) {
  EXPECT_EQ(Append(100, 1), AppendResult::kStored);
  EXPECT_EQ(Append(200, 2), AppendResult::kStored);
  EXPECT_EQ(Append(200, 2), AppendResult::kDuplicate);
  EXPECT_EQ(Append(200, 3), AppendResult::kConflict);
  EXPECT_EQ(Append(150, 9), AppendResult::kLate);
  EXPECT_EQ(Append(150, 9), AppendResult::kDuplicate);
  EXPECT_EQ(Append(150, 8), AppendResult::kConflict);
  EXPECT_EQ(InOrderTimes(), (std::vector<Timestamp>{100, 200}));
  EXPECT_EQ(LateTimes(), (std::vector<Timestamp>{150}));
}

TEST_F(HeadSeriesTest, ComparesDuplicatesByBits) {
  EXPECT_EQ(Append(1, model::StaleMarker()), AppendResult::kStored);
  EXPECT_EQ(Append(1, model::StaleMarker()), AppendResult::kDuplicate);
  EXPECT_EQ(Append(1, std::bit_cast<double>(model::kNormalNanBits)), AppendResult::kConflict);
}

TEST_F(HeadSeriesTest, StartsAChunkAfterTheSampleLimitAndAtABucketBoundary) {
  for (int i = 0; i < 70; ++i) {
    Append(i, i);
  }
  Append(kBucketMs - 1, 1);
  Append(kBucketMs, 1);
  EpochDomain::Guard guard(&epochs_);
  const SeriesView view = series_.View();
  ASSERT_EQ(view.chunks.size(), 3u);
  EXPECT_EQ(view.chunks[2].count, kMaxSamplesPerChunk);
  EXPECT_EQ(view.chunks[1].count, 11u);
  EXPECT_EQ(view.chunks[0].chunk->start(), kBucketMs);
}

TEST_F(HeadSeriesTest, KeepsAViewValidWhileItsChunkGrowsAndIsDropped) {
  Append(1, 0.1);
  EpochDomain::Guard guard(&epochs_);
  const SeriesView view = series_.View();
  for (int i = 2; i < 400; ++i) {
    Append(i, 1.0 / i);
  }
  const SeriesCapture capture = series_.Capture(&epochs_);
  series_.Persisted(capture, &epochs_);
  epochs_.Collect();
  SampleColumns columns;
  ASSERT_EQ(view.chunks[0].count, 1u);
  EXPECT_TRUE(DecodeStream(view.chunks[0].chunk->readable_bytes(), 1, 0, 10, &columns).ok());
  EXPECT_EQ(columns.values, std::vector<double>{0.1});
}

TEST_F(HeadSeriesTest, CapturesEverythingOnceAndKeepsOnlyTheOpenChunk) {
  for (int i = 1; i <= 130; ++i) {
    Append(1000 * i, i);
  }
  Append(5, 5);
  ASSERT_TRUE(series_.dirty());
  const SeriesCapture capture = series_.Capture(&epochs_);
  EXPECT_FALSE(series_.dirty());
  ASSERT_EQ(capture.in_order.size(), 130u);
  EXPECT_EQ(capture.in_order.timestamps.front(), 1000);
  EXPECT_EQ(capture.in_order.values.back(), 130);
  EXPECT_EQ(capture.late.size(), 1u);
  EXPECT_EQ(capture.state, (SeriesState{7, 5, 130'000}));
  Append(6, 6);  // between capture and write
  Append(131'000, 131);
  series_.Persisted(capture, &epochs_);
  EXPECT_EQ(InOrderTimes().front(), 121'000);
  EXPECT_EQ(InOrderTimes().back(), 131'000);
  EXPECT_EQ(LateTimes(), (std::vector<Timestamp>{6}));
  const SeriesCapture next = series_.Capture(&epochs_);
  EXPECT_EQ(next.in_order.timestamps, (std::vector<Timestamp>{131'000}));
  EXPECT_EQ(next.late.size(), 1u);
}

TEST_F(HeadSeriesTest, TellsReadersUpToWhichTimeTheStoreHasIt) {
  Append(1000, 1);
  EpochDomain::Guard guard(&epochs_);
  const SeriesCapture capture = series_.Capture(&epochs_);
  EXPECT_EQ(series_.View().persisted_time, model::kMinTimestamp);
  series_.Persisted(capture, &epochs_);
  EXPECT_EQ(series_.View().persisted_time, 1000);
  Append(500, 1);
  series_.Persisted(series_.Capture(&epochs_), &epochs_);
  EXPECT_EQ(series_.View().persisted_time, 1000);
}

TEST_F(HeadSeriesTest, CapturesAgainWhatAFailedWriteLeft) {
  Append(1, 1);
  EXPECT_EQ(series_.Capture(&epochs_).in_order.size(), 1u);
  EXPECT_TRUE(series_.Capture(&epochs_).empty());
  Append(2, 2);
  EXPECT_EQ(series_.Capture(&epochs_).in_order.size(), 2u);
  series_.Recapture();
  EXPECT_EQ(series_.Capture(&epochs_).in_order.size(), 2u);
}

TEST_F(HeadSeriesTest, ContinuesAfterARestartWhereTheStateEnds) {
  series_.RestoreState({7, 10, 100});
  EXPECT_EQ(Append(50, 1), AppendResult::kLate);
  EXPECT_EQ(Append(101, 1), AppendResult::kStored);
  EXPECT_EQ(Append(101, 1), AppendResult::kDuplicate);
  EXPECT_EQ(Append(101, 2), AppendResult::kConflict);
  EXPECT_EQ(InOrderTimes(), (std::vector<Timestamp>{101}));
}

TEST_F(HeadSeriesTest, KeepsASampleWhoseTwinsValueWasNotRestored) {
  series_.RestoreState({7, 10, 100});
  EXPECT_EQ(Append(100, 1.5), AppendResult::kLate);
  EXPECT_EQ(LateTimes(), (std::vector<Timestamp>{100}));
}

TEST_F(HeadSeriesTest, SkipsReplayedSamplesThatArePersisted) {
  series_.RestoreState({7, 10, 100});
  EpochDomain::Guard guard(&epochs_);
  series_.Replay({90, 1}, true, &epochs_);
  series_.Replay({80, 1}, false, &epochs_);
  series_.Replay({110, 1}, true, &epochs_);
  EXPECT_EQ(InOrderTimes(), (std::vector<Timestamp>{110}));
  EXPECT_EQ(LateTimes(), (std::vector<Timestamp>{80}));
}

TEST_F(HeadSeriesTest, KnowsWhichTimesItMayOverlap) {
  EXPECT_FALSE(series_.MayOverlap(model::kMinTimestamp, model::kMaxTimestamp - 1));
  Append(100, 1);
  Append(200, 1);
  EXPECT_TRUE(series_.MayOverlap(150, 160));
  EXPECT_FALSE(series_.MayOverlap(0, 99));
  const SeriesCapture capture = series_.Capture(&epochs_);
  series_.Persisted(capture, &epochs_);
  EXPECT_FALSE(series_.MayOverlap(201, 300));
  EXPECT_TRUE(series_.MayOverlap(200, 300));
}

TEST_F(HeadSeriesTest, TakesNoSampleOnceItIsGone) {
  Append(100, 1);
  EpochDomain::Guard guard(&epochs_);
  EXPECT_FALSE(series_.TryEvict(1000, &epochs_)) << "not persisted";
  series_.Persisted(series_.Capture(&epochs_), &epochs_);
  EXPECT_FALSE(series_.TryEvict(99, &epochs_)) << "newer than asked for";
  EXPECT_EQ(Append(100, 1), AppendResult::kDuplicate) << "a refusal changes nothing";
  EXPECT_FALSE(series_.gone());
  EXPECT_TRUE(series_.TryEvict(100, &epochs_));
  EXPECT_TRUE(series_.gone());
  EXPECT_EQ(Append(200, 2), AppendResult::kGone);
  EXPECT_FALSE(series_.TryEvict(1000, &epochs_)) << "only one evicts it";
  EXPECT_FALSE(series_.dirty());
  EXPECT_EQ(series_.min_time(), 100);
  EXPECT_EQ(series_.max_time(), 100);
}

}  // namespace
}  // namespace tidemark::storage
