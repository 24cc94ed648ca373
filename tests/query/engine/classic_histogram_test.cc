#include "query/engine/classic_histogram.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace tidemark::query {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

double QuantileOf(double q, std::vector<Bucket> buckets) {
  BucketRepair repair;
  return BucketQuantile(q, &buckets, &repair);
}

double FractionOf(double lower, double upper, std::vector<Bucket> buckets) {
  return BucketFraction(lower, upper, &buckets);
}

TEST(BucketQuantile, IsLinearInsideABucket) {
  const std::vector<Bucket> buckets = {{0.1, 10}, {0.2, 30}, {kInf, 40}};
  EXPECT_DOUBLE_EQ(QuantileOf(0.5, buckets), 0.15);
  EXPECT_DOUBLE_EQ(QuantileOf(0.125, buckets), 0.05);
  EXPECT_DOUBLE_EQ(QuantileOf(0, buckets), 0);
}

TEST(BucketQuantile, StopsAtTheBoundBelowInfinity) {
  EXPECT_DOUBLE_EQ(QuantileOf(0.9, {{0.1, 10}, {0.2, 30}, {kInf, 40}}), 0.2);
}

TEST(BucketQuantile, TakesTheBoundOfAFirstBucketThatIsNotPositive) {
  EXPECT_DOUBLE_EQ(QuantileOf(0.1, {{-2, 10}, {1, 20}, {kInf, 20}}), -2);
}

TEST(BucketQuantile, SortsAndMergesBuckets) {
  EXPECT_DOUBLE_EQ(QuantileOf(0.5, {{kInf, 40}, {0.2, 20}, {0.1, 10}, {0.2, 10}}), 0.15);
}

TEST(BucketQuantile, NeedsAnInfiniteBucketAndObservations) {
  EXPECT_TRUE(std::isnan(QuantileOf(0.5, {{0.1, 10}, {0.2, 30}})));
  EXPECT_TRUE(std::isnan(QuantileOf(0.5, {{kInf, 10}})));
  EXPECT_TRUE(std::isnan(QuantileOf(0.5, {{0.1, 0}, {kInf, 0}})));
  EXPECT_TRUE(std::isnan(QuantileOf(0.5, {})));
}

TEST(BucketQuantile, LeavesTheRangeOutsideOfZeroToOne) {
  EXPECT_EQ(QuantileOf(-1, {}), -kInf);
  EXPECT_EQ(QuantileOf(2, {}), kInf);
  EXPECT_TRUE(std::isnan(QuantileOf(std::nan(""), {{0.1, 1}, {kInf, 2}})));
}

TEST(BucketQuantile, RaisesCountsThatFallAndSaysSo) {
  std::vector<Bucket> buckets = {{1, 10}, {2, 8}, {3, 20}, {kInf, 19}};
  BucketRepair repair;
  EXPECT_DOUBLE_EQ(BucketQuantile(0.75, &buckets, &repair), 2.5);
  EXPECT_TRUE(repair.repaired);
  EXPECT_EQ(repair.first_bound, 2);
  EXPECT_EQ(repair.last_bound, kInf);
  EXPECT_EQ(repair.max_difference, 2);
}

TEST(BucketQuantile, EvensOutRoundingErrorsSilently) {
  std::vector<Bucket> buckets = {{1, 10}, {2, 10 - 1e-12}, {kInf, 10}};
  BucketRepair repair;
  EXPECT_DOUBLE_EQ(BucketQuantile(1, &buckets, &repair), 1);
  EXPECT_FALSE(repair.repaired);
}

TEST(BucketFraction, IsLinearInsideABucket) {
  const std::vector<Bucket> buckets = {{1, 10}, {2, 30}, {kInf, 40}};
  EXPECT_DOUBLE_EQ(FractionOf(0, 1, buckets), 0.25);
  EXPECT_DOUBLE_EQ(FractionOf(0.5, 1.5, buckets), 0.375);
  EXPECT_DOUBLE_EQ(FractionOf(-1, 2, buckets), 0.75);
  EXPECT_DOUBLE_EQ(FractionOf(2, 100, buckets), 0);
  EXPECT_DOUBLE_EQ(FractionOf(-kInf, kInf, buckets), 1);
}

TEST(BucketFraction, CountsAWholeBucketThatReachesDownToInfinity) {
  EXPECT_DOUBLE_EQ(FractionOf(-kInf, -3, {{-2, 10}, {kInf, 40}}), 0.25);
}

TEST(BucketFraction, IsZeroForAnEmptyRangeAndNanWithoutObservations) {
  EXPECT_EQ(FractionOf(1, 1, {{1, 10}, {kInf, 40}}), 0);
  EXPECT_TRUE(std::isnan(FractionOf(0, 1, {{1, 0}, {kInf, 0}})));
  EXPECT_TRUE(std::isnan(FractionOf(std::nan(""), 1, {{1, 10}, {kInf, 40}})));
  EXPECT_TRUE(std::isnan(FractionOf(0, 1, {{1, 10}})));
}

}  // namespace
}  // namespace tidemark::query
