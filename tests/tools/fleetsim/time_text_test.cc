#include "tools/fleetsim/time_text.h"

#include <gtest/gtest.h>

namespace tidemark::fleetsim {
namespace {

TEST(ParseDurationMs, AddsItsParts) {
  EXPECT_EQ(ParseDurationMs("90s").value(), 90'000);
  EXPECT_EQ(ParseDurationMs("1h30m").value(), 5'400'000);
  EXPECT_EQ(ParseDurationMs("250ms").value(), 250);
  EXPECT_EQ(ParseDurationMs("2d").value(), 172'800'000);
}

TEST(ParseDurationMs, RefusesWhatIsNone) {
  for (const char* text : {"", "5", "s", "1x", "1h5", "-1s", "1 s"}) {
    EXPECT_FALSE(ParseDurationMs(text).ok()) << text;
  }
}

TEST(ParseMomentMs, CountsFromNowOrFromTheEpoch) {
  EXPECT_EQ(ParseMomentMs("now", 1'000'000).value(), 1'000'000);
  EXPECT_EQ(ParseMomentMs("now-10s", 1'000'000).value(), 990'000);
  EXPECT_EQ(ParseMomentMs("now+10s", 1'000'000).value(), 1'010'000);
  EXPECT_EQ(ParseMomentMs("1780000000000", 0).value(), 1'780'000'000'000);
}

TEST(ParseMomentMs, RefusesWhatIsNone) {
  for (const char* text : {"", "now-", "now*5s", "nowish", "5s", "12x"}) {
    EXPECT_FALSE(ParseMomentMs(text, 0).ok()) << text;
  }
}

}  // namespace
}  // namespace tidemark::fleetsim
