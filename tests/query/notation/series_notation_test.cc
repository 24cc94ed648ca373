#include "query/notation/series_notation.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/sample.h"

namespace tidemark::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

TEST(SeriesNotation, ExpandsRunsGapsAndSteps) {
  const auto values = ParseNotedValues("1 2+1x2 _ 3x1\n 5-2x1 _x2 -1e3 .5x0");
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, ElementsAre(1, 2, 3, 4, std::nullopt, 3, 3, 5, 3, std::nullopt, std::nullopt,
                                   -1000, .5));
}

TEST(SeriesNotation, KnowsInfinitiesNanAndStaleness) {
  const auto values = ParseNotedValues("Inf -Inf NaN stale");
  ASSERT_TRUE(values.ok()) << values.status();
  ASSERT_THAT(*values, SizeIs(4));
  EXPECT_THAT((*values)[0], Optional(INFINITY));
  EXPECT_THAT((*values)[1], Optional(-INFINITY));
  EXPECT_TRUE(std::isnan(*(*values)[2]) && !model::IsStale(*(*values)[2]));
  EXPECT_TRUE(model::IsStale(*(*values)[3]));
}

TEST(SeriesNotation, ReadsZeroTimesManyWhereElsewhereAHexadecimalNumberStands) {
  const auto values = ParseNotedValues("0x12");
  ASSERT_TRUE(values.ok()) << values.status();
  EXPECT_THAT(*values, SizeIs(13));
}

TEST(SeriesNotation, HoldsNoValuesInAnEmptyText) {
  EXPECT_THAT(*ParseNotedValues("  "), IsEmpty());
  EXPECT_THAT(*ParseNotedValues("_x0"), IsEmpty());
}

TEST(SeriesNotation, RefusesWhatIsNoItem) {
  for (const char* text : {"x",
                           "1 x",
                           "1 + 2x3",
                           "0x10x2",
                           "__",
                           "_x",
                           "1x2.5",
                           "1x-2",
                           "1xx",
                           "+-1",
                           "1+2",
                           "0x1F",
                           "1_2",
                           "1e",
                           "1x1e1",
                           "1+-1x2",
                           "stalex3",
                           "NaNx2",
                           "{{schema:0}}",
                           "1x99999999999",
                           "_x99999999999"}) {
    const auto values = ParseNotedValues(text);
    EXPECT_FALSE(values.ok()) << text;
  }
  EXPECT_THAT(std::string(ParseNotedValues("1 2x").status().message()), HasSubstr("\"2x\""));
}

TEST(SeriesNotation, ReadsLabels) {
  EXPECT_EQ(ParseNotedLabels("up{job=\"a b\"}")->ToString(), "up{job=\"a b\"}");
  EXPECT_EQ(ParseNotedLabels("{__name__=\"up\"}")->ToString(), "up");
  EXPECT_TRUE(ParseNotedLabels("{}")->empty());
}

TEST(SeriesNotation, RefusesLabelsThatAreNotEqualities) {
  EXPECT_FALSE(ParseNotedLabels("up{job=~\"a\"}").ok());
  EXPECT_FALSE(ParseNotedLabels("up{job!=\"a\"}").ok());
  EXPECT_FALSE(ParseNotedLabels("up{a=\"b\", a=\"c\"}").ok());
  EXPECT_FALSE(ParseNotedLabels("up {a=\"b\"}").ok());
  EXPECT_FALSE(ParseNotedLabels("rate(up[5m])").ok());
}

}  // namespace
}  // namespace tidemark::query
