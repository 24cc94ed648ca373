#include <cmath>

#include <gtest/gtest.h>

#include "query/engine/calendar.h"
#include "query/engine/label_text.h"
#include "query/engine/number_text.h"

namespace tidemark::query {
namespace {

TEST(PlainText, IsTheShortestWithoutAnExponent) {
  EXPECT_EQ(PlainText(0), "0");
  EXPECT_EQ(PlainText(-0.0), "-0");
  EXPECT_EQ(PlainText(1.5), "1.5");
  EXPECT_EQ(PlainText(-123.456), "-123.456");
  EXPECT_EQ(PlainText(1e-7), "0.0000001");
  EXPECT_EQ(PlainText(1.25e-3), "0.00125");
  EXPECT_EQ(PlainText(1e23), "100000000000000000000000");
  EXPECT_EQ(PlainText(1234567890123456789.0), "1234567890123456800");
}

TEST(PlainText, SpellsWhatIsNotFinite) {
  EXPECT_EQ(PlainText(std::nan("")), "NaN");
  EXPECT_EQ(PlainText(HUGE_VAL), "+Inf");
  EXPECT_EQ(PlainText(-HUGE_VAL), "-Inf");
}

TEST(GeneralText, HasAnExponentForExtremeMagnitudes) {
  EXPECT_EQ(GeneralText(1.5), "1.5");
  EXPECT_EQ(GeneralText(1e21), "1e+21");
  EXPECT_EQ(GeneralText(0.00001), "1e-05");
}

TEST(ParseFloat, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(ParseFloat("0.5"), 0.5);
  EXPECT_EQ(ParseFloat("+1e3"), 1000);
  EXPECT_EQ(ParseFloat("+Inf"), HUGE_VAL);
  EXPECT_EQ(ParseFloat("-inf"), -HUGE_VAL);
  EXPECT_TRUE(std::isnan(*ParseFloat("NaN")));
  EXPECT_EQ(ParseFloat(""), std::nullopt);
  EXPECT_EQ(ParseFloat("1x"), std::nullopt);
  EXPECT_EQ(ParseFloat("+-1"), std::nullopt);
}

TEST(DateOf, GivesTheFieldsOfADate) {
  const Date date = DateOf(1'709'251'199);  // 2024-02-29 23:59:59, a Thursday
  EXPECT_EQ(date.year, 2024);
  EXPECT_EQ(date.month, 2);
  EXPECT_EQ(date.day, 29);
  EXPECT_EQ(date.day_of_week, 4);
  EXPECT_EQ(date.day_of_year, 60);
  EXPECT_EQ(date.days_in_month, 29);
  EXPECT_EQ(date.hour, 23);
  EXPECT_EQ(date.minute, 59);
}

TEST(DateOf, GoesBeforeTheEpochAndFarAway) {
  EXPECT_EQ(DateOf(-1).year, 1969);
  EXPECT_EQ(DateOf(-1).hour, 23);
  EXPECT_EQ(DateOf(-0.5).year, 1970);
  EXPECT_EQ(DateOf(253'402'300'800).year, 10'000);
  EXPECT_GT(DateOf(1e300).year, 1'000'000);
}

TEST(LabelName, IsAnyTextInUtf8) {
  EXPECT_TRUE(IsLabelName("a.b \xc3\xa4"));
  EXPECT_FALSE(IsLabelName(""));
  EXPECT_FALSE(IsLabelName("a\xff"));
  EXPECT_FALSE(IsLabelName("\xed\xa0\x80"));
  EXPECT_FALSE(IsLabelName("\xc3"));
}

TEST(LabelSetText, HasTheNameInsideTheBraces) {
  EXPECT_EQ(LabelSetText({}), "{}");
  EXPECT_EQ(LabelSetText(model::Labels::Of({{"__name__", "m\""}})), R"({__name__="m\""})");
  EXPECT_EQ(LabelSetText(model::Labels::Of({{"__name__", "m"}, {"a", "x"}, {"b", "y"}})),
            R"({__name__="m", a="x", b="y"})");
}

TEST(CompareNaturally, ReadsDigitsAsNumbers) {
  EXPECT_LT(CompareNaturally("node9", "node10"), 0);
  EXPECT_GT(CompareNaturally("node10b", "node10a"), 0);
  EXPECT_EQ(CompareNaturally("a007", "a7"), 0);
  EXPECT_LT(CompareNaturally("", "a"), 0);
}

}  // namespace
}  // namespace tidemark::query
