#include "storage/types.h"

#include "gtest/gtest.h"

namespace tidemark::storage {
namespace {

TEST(Bucket, RoundsTowardsThePast) {
  EXPECT_EQ(BucketOf(0), 0);
  EXPECT_EQ(BucketOf(kBucketMs - 1), 0);
  EXPECT_EQ(BucketOf(kBucketMs), 1);
  EXPECT_EQ(BucketOf(-1), -1);
  EXPECT_EQ(BucketOf(-kBucketMs), -1);
  EXPECT_EQ(BucketOf(-kBucketMs - 1), -2);
}

TEST(Bucket, BoundsEncloseExactlyItsTimes) {
  for (const int64_t bucket : {int64_t{-3}, int64_t{-1}, int64_t{0}, int64_t{1}, int64_t{80'000}}) {
    EXPECT_EQ(BucketOf(BucketStart(bucket)), bucket);
    EXPECT_EQ(BucketOf(BucketStart(bucket) - 1), bucket - 1);
    EXPECT_EQ(BucketEnd(bucket), BucketStart(bucket + 1) - 1);
  }
}

TEST(Bucket, BoundsOfTheOutermostAreTheLimitsOfTime) {
  EXPECT_EQ(BucketStart(BucketOf(model::kMinTimestamp)), model::kMinTimestamp);
  EXPECT_EQ(BucketEnd(BucketOf(model::kMaxTimestamp)), model::kMaxTimestamp);
  EXPECT_EQ(BucketOf(BucketEnd(BucketOf(model::kMinTimestamp))), BucketOf(model::kMinTimestamp));
}

TEST(MetricType, HasTheNamesOfTheHttpApi) {
  EXPECT_EQ(MetricTypeText(MetricType::kUnknown), "unknown");
  EXPECT_EQ(MetricTypeText(MetricType::kGaugeHistogram), "gaugehistogram");
  EXPECT_EQ(MetricTypeText(MetricType::kStateSet), "stateset");
}

}  // namespace
}  // namespace tidemark::storage
