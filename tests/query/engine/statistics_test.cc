#include "query/engine/statistics.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "query/engine/compensated.h"

namespace tidemark::query {
namespace {

const double kNan = std::nan("");
constexpr double kInf = std::numeric_limits<double>::infinity();

double Of(double (*function)(std::span<const double>), std::vector<double> values) {
  return function(values);
}

double QuantileOf(double q, std::vector<double> values) { return Quantile(q, &values); }

TEST(CompensatedSum, KeepsWhatRoundingWouldLose) {
  EXPECT_EQ(Of(Sum, {1e100, 1, -1e100}), 1);
  EXPECT_EQ(Of(Sum, {5, 1e100, -1e100, 5, 1e100, -1e100}), 10);
}

TEST(CompensatedSum, TreatsInfinitiesAsPlainAdditionDoes) {
  EXPECT_EQ(Of(Sum, {1, kInf, 2}), kInf);
  EXPECT_TRUE(std::isnan(Of(Sum, {kInf, -kInf})));
}

TEST(CompensatedMean, IsTheSumOverTheCount) {
  EXPECT_EQ(Of(Mean, {1, 2, 6}), 3);
  EXPECT_EQ(Of(Mean, {7}), 7);
}

TEST(CompensatedMean, SurvivesSumsThatOverflow) {
  const double huge = 1.5e308;
  EXPECT_DOUBLE_EQ(Of(Mean, {huge, huge, huge}), huge);
  EXPECT_DOUBLE_EQ(Of(Mean, {-huge, -huge, huge, huge}), 0);
}

TEST(CompensatedMean, TreatsInfinitiesAsPlainAdditionDoes) {
  EXPECT_EQ(Of(Mean, {kInf}), kInf);
  EXPECT_EQ(Of(Mean, {kInf, 1, 2}), kInf);
  EXPECT_EQ(Of(Mean, {1, -kInf}), -kInf);
  EXPECT_TRUE(std::isnan(Of(Mean, {kInf, 1, -kInf})));
}

TEST(Statistics, MeasuresThePopulationsVariance) {
  EXPECT_DOUBLE_EQ(Of(Variance, {2, 4, 4, 4, 5, 5, 7, 9}), 4);
  EXPECT_EQ(Of(Variance, {3}), 0);
  EXPECT_TRUE(std::isnan(Of(Variance, {1, kInf})));
}

TEST(Quantile, InterpolatesBetweenNeighbours) {
  EXPECT_DOUBLE_EQ(QuantileOf(0.5, {4, 1, 3, 2}), 2.5);
  EXPECT_DOUBLE_EQ(QuantileOf(0, {4, 1, 3, 2}), 1);
  EXPECT_DOUBLE_EQ(QuantileOf(1, {4, 1, 3, 2}), 4);
  EXPECT_DOUBLE_EQ(QuantileOf(0.75, {0, 1}), 0.75);
}

TEST(Quantile, CountsNanAsTheSmallestValue) {
  EXPECT_TRUE(std::isnan(QuantileOf(0, {1, kNan, 2})));
  EXPECT_EQ(QuantileOf(1, {1, kNan, 2}), 2);
}

TEST(Quantile, LeavesTheRangeOutsideOfZeroToOne) {
  EXPECT_EQ(QuantileOf(-0.1, {1}), -kInf);
  EXPECT_EQ(QuantileOf(1.1, {1}), kInf);
  EXPECT_TRUE(std::isnan(QuantileOf(kNan, {1})));
}

TEST(Statistics, FindsTheMedianDistanceToTheMedian) {
  std::vector<double> values = {4, 6, 2, 1, 999, 1, 2};
  EXPECT_EQ(MedianAbsoluteDeviation(&values), 1);
}

TEST(Statistics, CountsFallsAndChangesBetweenNeighbours) {
  const std::vector<double> values = {1, 2, 2, 0, kNan, kNan, 1};
  EXPECT_EQ(CountResets(values), 1U);
  EXPECT_EQ(CountChanges(values), 4U);
}

TEST(Statistics, FollowsALineExactlyWhenSmoothing) {
  EXPECT_DOUBLE_EQ(DoubleExponentialSmoothing(std::vector<double>{1, 2, 3, 4, 5}, 0.3, 0.6), 5);
}

}  // namespace
}  // namespace tidemark::query
