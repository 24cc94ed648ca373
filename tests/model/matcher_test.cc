#include "model/matcher.h"

#include <gtest/gtest.h>

namespace tidemark::model {
namespace {

Matcher Make(MatchType type, std::string value) { return *Matcher::Create(type, "l", value); }

TEST(Matcher, ComparesWholeValues) {
  EXPECT_TRUE(Make(MatchType::kEqual, "a").Matches("a"));
  EXPECT_FALSE(Make(MatchType::kEqual, "a").Matches("ab"));
  EXPECT_TRUE(Make(MatchType::kNotEqual, "a").Matches("b"));
}

TEST(Matcher, AnchorsRegularExpressionsAndLetsDotMatchLineBreaks) {
  EXPECT_TRUE(Make(MatchType::kRegexp, "a.c").Matches("a\nc"));
  EXPECT_FALSE(Make(MatchType::kRegexp, "a.c").Matches("xa.c"));
  EXPECT_FALSE(Make(MatchType::kRegexp, "a|b").Matches("ab"));
  EXPECT_TRUE(Make(MatchType::kNotRegexp, "a.*").Matches("b"));
  EXPECT_FALSE(Make(MatchType::kNotRegexp, "a.*").Matches("a"));
}

TEST(Matcher, KnowsAlternationsOfLiterals) {
  const Matcher matcher = Make(MatchType::kRegexp, "b|a\\.x|");
  ASSERT_TRUE(matcher.literals().has_value());
  EXPECT_EQ(*matcher.literals(), (std::vector<std::string>{"", "a.x", "b"}));
  EXPECT_TRUE(matcher.Matches("a.x"));
  EXPECT_FALSE(matcher.Matches("aax"));
  EXPECT_TRUE(matcher.MatchesEmpty());
  EXPECT_FALSE(Make(MatchType::kRegexp, "a(b|c)").literals().has_value());
  EXPECT_FALSE(Make(MatchType::kRegexp, "\\d").literals().has_value());
}

TEST(Matcher, TreatsAMissingLabelAsEmpty) {
  const Labels labels = Labels::Of({{"x", "1"}});
  EXPECT_TRUE(Make(MatchType::kEqual, "").Matches(labels));
  EXPECT_TRUE(Make(MatchType::kRegexp, ".*").Matches(labels));
  EXPECT_FALSE(Make(MatchType::kNotEqual, "").Matches(labels));
}

TEST(Matcher, RefusesABadRegularExpression) {
  const auto matcher = Matcher::Create(MatchType::kRegexp, "l", "a(");
  EXPECT_EQ(matcher.status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Matcher, PrintsAsInASelector) {
  EXPECT_EQ(Make(MatchType::kNotRegexp, "a\"b").ToString(), "l!~\"a\\\"b\"");
}

TEST(Matcher, BoundsTheValuesOfAnExpression) {
  const auto bounds = [](const char* regex) {
    const Matcher matcher = *Matcher::Create(MatchType::kRegexp, "a", regex);
    return std::pair(matcher.bounds().first, matcher.bounds().last);
  };
  for (const char* regex :
       {"10\\.0\\.1\\..*", "10.*|1", "(?i)abc.+", "a[b-d]x?.*", "\xc3\xa4.*", ".*x"}) {
    const auto [first, last] = bounds(regex);
    const Matcher matcher = *Matcher::Create(MatchType::kRegexp, "a", regex);
    for (const std::string value :
         {"10.0.1.", "10.0.1.77:20180", "10.0.1.\xff\xff", "1", "10", "ABCd", "abcZ", "ac", "adx",
          "adx\xff", "\xc3\xa4\xc3\xbc", "x"}) {
      if (matcher.Matches(value)) {
        EXPECT_TRUE(first <= value && (last.empty() || value <= last)) << regex << " " << value;
      }
    }
  }
  EXPECT_EQ(bounds("10\\.0\\.1\\..*").first, "10.0.1.");
  EXPECT_TRUE(bounds("10\\.0\\.1\\..*").second.starts_with("10.0.1."));
}

}  // namespace
}  // namespace tidemark::model
