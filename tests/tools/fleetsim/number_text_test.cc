#include "tools/fleetsim/number_text.h"

#include <limits>

#include <gtest/gtest.h>

namespace tidemark::fleetsim {
namespace {

TEST(NumberText, RustNeverWritesAnExponent) {
  EXPECT_EQ(NumberText(NumberStyle::kRust, 1), "1");
  EXPECT_EQ(NumberText(NumberStyle::kRust, 0.001), "0.001");
  EXPECT_EQ(NumberText(NumberStyle::kRust, 33554432), "33554432");
  EXPECT_EQ(NumberText(NumberStyle::kRust, 0.00001), "0.00001");
  EXPECT_EQ(NumberText(NumberStyle::kRust, 468522211737600000.0), "468522211737600000");
}

TEST(NumberText, RustFillsShortestDigitsWithZeros) {
  EXPECT_EQ(NumberText(NumberStyle::kRust, 470631771683422208.0), "470631771683422200");
  EXPECT_EQ(NumberText(NumberStyle::kRust, 9007199254740994.0), "9007199254740994");
  EXPECT_EQ(NumberText(NumberStyle::kRust, -1e20), "-100000000000000000000");
}

TEST(NumberText, GoTurnsToExponentsAtAMillion) {
  EXPECT_EQ(NumberText(NumberStyle::kGo, 999999), "999999");
  EXPECT_EQ(NumberText(NumberStyle::kGo, 1000000), "1e+06");
  EXPECT_EQ(NumberText(NumberStyle::kGo, 0.0001), "0.0001");
  EXPECT_EQ(NumberText(NumberStyle::kGo, 0.00001), "1e-05");
  EXPECT_EQ(NumberText(NumberStyle::kGo, 468522211737600000.0), "4.685222117376e+17");
  EXPECT_EQ(NumberText(NumberStyle::kGo, 0), "0");
}

TEST(NumberText, WritesInfinitiesLikeThePageFormat) {
  EXPECT_EQ(NumberText(NumberStyle::kGo, std::numeric_limits<double>::infinity()), "+Inf");
  EXPECT_EQ(NumberText(NumberStyle::kRust, -std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(NumberText(NumberStyle::kRust, std::numeric_limits<double>::quiet_NaN()), "NaN");
}

}  // namespace
}  // namespace tidemark::fleetsim
