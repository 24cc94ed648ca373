#include "storage/chunk/timeline.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Timestamp;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

const std::vector<Timestamp> kTimes = {5, 17, 20, 42};
const std::vector<Timestamp> kOthers = {5, 17, 21, 42};

TEST(Timeline, RoundTripsThroughItsRow) {
  std::vector<Timestamp> times = {1, 2, 3};
  ASSERT_TRUE(DecodeTimeline(EncodeTimeline(kTimes), &times).ok());
  EXPECT_EQ(times, kTimes);
}

TEST(Timeline, RefusesEveryPrefixOfARow) {
  const std::string row = EncodeTimeline(kTimes);
  std::vector<Timestamp> times;
  for (size_t size = 0; size < row.size(); ++size) {
    EXPECT_EQ(DecodeTimeline(row.substr(0, size), &times).code(), absl::StatusCode::kDataLoss);
  }
}

TEST(Timeline, DoesNotBelieveACountThatNoBucketHolds) {
  std::vector<Timestamp> times;
  EXPECT_FALSE(DecodeTimeline(std::string("\xff\xff\xff\xff\x0f\x00\x05", 7), &times).ok());
  EXPECT_EQ(times.capacity(), 0u);
}

TEST(TimelineWriter, StoresEqualTimesOnce) {
  TimelineWriter writer;
  EXPECT_EQ(writer.Add(kTimes), 1u);
  EXPECT_EQ(writer.Add(kOthers), 2u);
  EXPECT_EQ(writer.Add(kTimes), 1u);
  ASSERT_EQ(writer.rows().size(), 2u);
  EXPECT_EQ(writer.rows()[1].number, 2u);
  EXPECT_EQ(writer.rows()[1].value, EncodeTimeline(kOthers));
}

TEST(TimelineWriter, GoesOnBehindTheTimelinesItAdopted) {
  TimelineWriter writer;
  ASSERT_TRUE(writer.Adopt(7, EncodeTimeline(kTimes)).ok());
  EXPECT_FALSE(writer.Adopt(8, "no timeline").ok());
  EXPECT_EQ(writer.Add(kTimes), 7u);
  EXPECT_EQ(writer.Add(kOthers), 8u);
  ASSERT_EQ(writer.rows().size(), 1u);
  EXPECT_EQ(writer.rows()[0].number, 8u);
}

TEST(TimelineCache, LoadsEachTimelineOnce) {
  int loads = 0;
  TimelineCache cache([&loads](int64_t bucket, TimelineNumber number) {
    ++loads;
    EXPECT_EQ(bucket, 3);
    return absl::StatusOr<std::string>(EncodeTimeline(number == 1 ? kTimes : kOthers));
  });
  for (int round = 0; round < 3; ++round) {
    EXPECT_THAT(*cache.Timeline(3, 1), ElementsAreArray(kTimes));
    EXPECT_THAT(*cache.Timeline(3, 2), ElementsAreArray(kOthers));
  }
  EXPECT_EQ(loads, 2);
}

TEST(TimelineCache, KeepsNoMoreThanItMay) {
  int loads = 0;
  TimelineCache cache(
      [&loads](int64_t, TimelineNumber) {
        ++loads;
        return absl::StatusOr<std::string>(EncodeTimeline(kTimes));
      },
      kTimes.size() * sizeof(Timestamp));
  EXPECT_THAT(*cache.Timeline(0, 1), ElementsAreArray(kTimes));
  EXPECT_THAT(*cache.Timeline(0, 2), ElementsAreArray(kTimes));
  EXPECT_THAT(*cache.Timeline(0, 1), ElementsAreArray(kTimes));
  EXPECT_EQ(loads, 3);
}

TEST(TimelineCache, HandsOnWhatLoadingFailedWith) {
  TimelineCache missing([](int64_t, TimelineNumber) -> absl::StatusOr<std::string> {
    return absl::NotFoundError("no such row");
  });
  EXPECT_EQ(missing.Timeline(0, 1).status().code(), absl::StatusCode::kNotFound);
  TimelineCache damaged(
      [](int64_t, TimelineNumber) { return absl::StatusOr<std::string>("\xff"); });
  EXPECT_EQ(damaged.Timeline(0, 1).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tidemark::storage
