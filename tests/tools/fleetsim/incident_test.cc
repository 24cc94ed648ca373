#include "tools/fleetsim/incident.h"

#include <gtest/gtest.h>

namespace tidemark::fleetsim {
namespace {

constexpr int64_t kStart = 1'780'000'000'000;

TEST(ParseIncident, ReadsEveryPart) {
  const Incident incident = ParseIncident("restart@1h+2m:3/2", kStart).value();
  EXPECT_EQ(incident.kind, Incident::Kind::kRestart);
  EXPECT_EQ(incident.at_ms, kStart + 3'600'000);
  EXPECT_EQ(incident.duration_ms, 120'000);
  EXPECT_TRUE(incident.Hits(3));
  EXPECT_FALSE(incident.Hits(2));
  EXPECT_TRUE(incident.HitsStore(2));
  EXPECT_FALSE(incident.HitsStore(0));
}

TEST(ParseIncident, HitsEverythingForTenMinutesUnlessTold) {
  const Incident incident = ParseIncident("stop@5m", kStart).value();
  EXPECT_EQ(incident.duration_ms, 600'000);
  EXPECT_TRUE(incident.Hits(0));
  EXPECT_TRUE(incident.Hits(999));
  EXPECT_TRUE(incident.HitsStore(7));
}

TEST(ParseIncident, RefusesWhatIsNoneAndNamesIt) {
  for (const char* text : {"", "pause", "flood@5m", "pause@", "pause@5m+", "pause@5m:x",
                           "pause@5m:1/", "pause@5m:-1"}) {
    const auto incident = ParseIncident(text, kStart);
    ASSERT_FALSE(incident.ok()) << text;
    EXPECT_NE(incident.status().ToString().find(text), std::string::npos);
  }
}

}  // namespace
}  // namespace tidemark::fleetsim
