#include "server/api/param_values.h"

#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

TEST(ParseTime, ReadsSecondsAndRfc3339) {
  const std::pair<std::string_view, model::Timestamp> cases[] = {
      {"0", 0},
      {"4", 4000},
      {"-1", -1000},
      {"+1", 1000},
      {"1435781451.781", 1435781451781},
      {"1435781451.7815", 1435781451782},
      {"1.5e9", 1500000000000},
      {".5", 500},
      {"-0.0006", -1},
      {"2015-07-01T20:10:51.781Z", 1435781451781},
      {"2015-07-01T20:10:51.7819999Z", 1435781451781},
      {"2015-07-01T22:10:51.781+02:00", 1435781451781},
      {"2015-07-01T12:40:51.781-07:30", 1435781451781},
      {"1970-01-01T00:00:00Z", 0},
      {"1969-12-31T23:59:59.5Z", -500},
      {"0000-01-01T00:00:00Z", -62167219200000},
      {"9999-12-31T23:59:59Z", 253402300799000},
      {"2024-02-29T00:00:00Z", 1709164800000},
      {"-292273086-05-16T16:47:06Z", kMinApiTime},
      {"292277025-08-18T07:12:54.999999999Z", kMaxApiTime},
  };
  for (const auto& [text, expected] : cases) {
    const auto time = ParseTime(text);
    ASSERT_TRUE(time.ok()) << text << ": " << time.status();
    EXPECT_EQ(*time, expected) << text;
  }
}

TEST(ParseTime, TakesMillisecondsGivenAsSecondsAndAnythingLarger) {
  EXPECT_EQ(*ParseTime("1600000000000"), 1600000000000000);
  EXPECT_EQ(*ParseTime("9223372036854775807"), kMaxApiTime);
  EXPECT_EQ(*ParseTime("1e300"), kMaxApiTime);
  EXPECT_EQ(*ParseTime("-1e300"), kMinApiTime);
  EXPECT_EQ(*ParseTime("1e999"), kMaxApiTime);
  EXPECT_EQ(*ParseTime("1e-999"), 0);
}

TEST(ParseTime, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "now",
                                      "NaN",
                                      "Inf",
                                      "-Inf",
                                      "1 ",
                                      " 1",
                                      "1s",
                                      "--1",
                                      "+-1",
                                      "2015-07-01",
                                      "2015-07-01T20:10:51",
                                      "2015-07-01 20:10:51Z",
                                      "2015-13-01T00:00:00Z",
                                      "2015-02-29T00:00:00Z",
                                      "2015-07-01T24:00:00Z",
                                      "2015-07-01T00:60:00Z",
                                      "2015-07-01T00:00:60Z",
                                      "2015-07-01T00:00:00.Z",
                                      "2015-07-01T00:00:00Zx",
                                      "2015-07-01T00:00:00+2:00",
                                      "2015-7-1T00:00:00Z",
                                      "2015-07-01T00:00:00",
                                      "2015-07-0"}) {
    const auto time = ParseTime(text);
    ASSERT_FALSE(time.ok()) << text;
    EXPECT_EQ(time.status().code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(ParseTime("").status().message(), "cannot parse \"\" to a valid timestamp");
  EXPECT_EQ(ParseTime("a\"b\n\xff").status().message(),
            "cannot parse \"a\\\"b\\x0a\\xff\" to a valid timestamp");
}

TEST(ParseApiDurationMs, ReadsSecondsAndPrometheusDurations) {
  const std::pair<std::string_view, int64_t> cases[] = {
      {"0", 0},      {"15", 15000},      {"0.25", 250},    {"1e3", 1000000},
      {"-1", -1000}, {"1h30m", 5400000}, {"5ms", 5},       {"1d", 86400000},
      {"0.0001", 0}, {"2w", 1209600000}, {"1.0015", 1001}, {"0.29", 290},
  };
  for (const auto& [text, expected] : cases) {
    const auto ms = ParseApiDurationMs(text);
    ASSERT_TRUE(ms.ok()) << text << ": " << ms.status();
    EXPECT_EQ(*ms, expected) << text;
  }
}

TEST(ParseApiDurationMs, RefusesEverythingElse) {
  for (const std::string_view text : {"", "abc", "1m1h", "1x", "NaN", "Inf", "1e300", "-1e300"}) {
    EXPECT_FALSE(ParseApiDurationMs(text).ok()) << text;
  }
  EXPECT_EQ(ParseApiDurationMs("abc").status().message(),
            "cannot parse \"abc\" to a valid duration");
  EXPECT_EQ(ParseApiDurationMs("1e10").status().message(),
            "cannot parse \"1e10\" to a valid duration. It overflows int64");
}

TEST(ParseLimit, ReadsNonNegativeIntegers) {
  EXPECT_EQ(*ParseLimit(""), 0u);
  EXPECT_EQ(*ParseLimit("0"), 0u);
  EXPECT_EQ(*ParseLimit("40000"), 40000u);
  EXPECT_EQ(ParseLimit("-1").status().message(), "limit must be non-negative");
  for (const std::string_view text : {"x", "1.5", " 1", "1 ", "99999999999999999999"}) {
    EXPECT_FALSE(ParseLimit(text).ok()) << text;
  }
}

TEST(FormatRfc3339, ShowsMillisecondsOnlyWhenThereAreAny) {
  EXPECT_EQ(FormatRfc3339(1435781451000), "2015-07-01T20:10:51Z");
  EXPECT_EQ(FormatRfc3339(1435781451005), "2015-07-01T20:10:51.005Z");
  EXPECT_EQ(FormatRfc3339(-500), "1969-12-31T23:59:59.500Z");
}

}  // namespace
}  // namespace tidemark::server
