#include "alert/live/scrape_gate.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

constexpr model::Timestamp kNever = model::kMinTimestamp;

TEST(ScrapeGate, WaitsForTheSeriesOfTheScrapeBefore) {
  ScrapeGate gate;
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, kNever, 1000);
  EXPECT_TRUE(gate.whole());
  gate.Arrive(1, 1000, 2000);
  EXPECT_FALSE(gate.whole());
  gate.Arrive(1, 1000, 2000);
  EXPECT_TRUE(gate.whole());
}

TEST(ScrapeGate, LetsTargetsStandForThemselves) {
  ScrapeGate gate;
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(2, kNever, 1500);
  gate.Arrive(1, 1000, 2000);
  EXPECT_TRUE(gate.whole()) << "one series a target never waits";
}

TEST(ScrapeGate, WaitsForWhatHasMissedOneScrapeButNotTwo) {
  ScrapeGate gate;
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, 1000, 2000);
  gate.Arrive(1, 2000, 3000);
  EXPECT_FALSE(gate.whole());
  gate.Arrive(1, 3000, 4000);
  EXPECT_TRUE(gate.whole());
}

TEST(ScrapeGate, CountsAScrapeThatOvertookTheOneBefore) {
  ScrapeGate gate;
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, 1000, 3000);  // of the next scrape already
  gate.Arrive(1, 1000, 2000);
  EXPECT_FALSE(gate.whole());
  gate.Arrive(1, 2000, 3000);
  EXPECT_TRUE(gate.whole());
}

TEST(ScrapeGate, DoesNotWaitAnyMoreOnceItHasGivenUp) {
  ScrapeGate gate;
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, 1000, 2000);
  gate.GiveUp();
  EXPECT_TRUE(gate.whole());
  gate.Arrive(1, 1000, 2000);
  EXPECT_TRUE(gate.whole());
  gate.Arrive(1, 2000, 3000);
  EXPECT_FALSE(gate.whole());
}

TEST(ScrapeGate, ForgetsSeriesThatLeave) {
  ScrapeGate gate;
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, kNever, 1000);
  gate.Arrive(1, 1000, 2000);
  gate.Leave(1, 1000);
  EXPECT_TRUE(gate.whole());
}

}  // namespace
}  // namespace tidemark::alert
