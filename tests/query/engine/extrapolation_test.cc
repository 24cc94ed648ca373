#include "query/engine/extrapolation.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace tidemark::query {
namespace {

// Samples from `first` to `last` in a window of a minute.
SampledWindow Minute(model::Timestamp first, model::Timestamp last, size_t count,
                     double first_value) {
  return {0, 60'000, first, last, first_value, count};
}

TEST(Extrapolate, ReachesTheEndsThatAreNear) {
  // 4 samples 15 s apart, 10 s and 5 s from the ends: 45 s sampled stand for 60 s.
  EXPECT_DOUBLE_EQ(Extrapolate(Minute(10'000, 55'000, 4, 100), 9, true), 12);
}

TEST(Extrapolate, AddsHalfAnIntervalWhereTheEndIsFar) {
  // 2 samples 10 s apart, 20 s from the start and 30 s from the end: 10 s stand for 20 s.
  EXPECT_DOUBLE_EQ(Extrapolate(Minute(20'000, 30'000, 2, 100), 7, true), 14);
}

TEST(Extrapolate, DoesNotLetACounterStartBelowZero) {
  // The counter was zero 5 s before its first sample.
  const SampledWindow window = Minute(10'000, 60'000, 6, 1);
  EXPECT_DOUBLE_EQ(Extrapolate(window, 10, true), 11);
  EXPECT_DOUBLE_EQ(Extrapolate(window, 10, false), 12);
}

TEST(FitLine, FindsSlopeAndIntercept) {
  const std::vector<model::Timestamp> times = {1'000, 2'000, 3'000};
  const std::vector<double> values = {3, 5, 7};
  const Line line = FitLine(times, values, 0);
  EXPECT_DOUBLE_EQ(line.slope, 2);
  EXPECT_DOUBLE_EQ(line.intercept, 1);
}

TEST(FitLine, TakesEqualValuesAsTheyAre) {
  const std::vector<model::Timestamp> times = {1'000, 2'000};
  const Line line = FitLine(times, std::vector<double>{0.1, 0.1}, 0);
  EXPECT_EQ(line.slope, 0);
  EXPECT_EQ(line.intercept, 0.1);
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(std::isnan(FitLine(times, std::vector<double>{inf, inf}, 0).slope));
}

}  // namespace
}  // namespace tidemark::query
