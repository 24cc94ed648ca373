#include "alert/check/time_dependence.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/parser/parser.h"
#include "query/parser/printer.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TimeDependenceTest : public ::testing::Test {
 protected:
  TimeDependence Of(std::string_view text) {
    auto parsed = query::ParseExpr(text);
    EXPECT_TRUE(parsed.ok()) << text << ": " << parsed.status();
    expr_ = std::move(*parsed);
    EXPECT_TRUE(query::ResolveDurations({}, expr_.get()).ok());
    return TimeDependenceOf(*expr_, 300'000);
  }

  // The slope of each crossing.
  std::vector<double> Slopes(std::string_view text) {
    const TimeDependence time = Of(text);
    EXPECT_FALSE(time.ticks()) << text;
    std::vector<double> slopes;
    for (const Crossing& crossing : time.crossings) {
      slopes.push_back(crossing.slope);
    }
    return slopes;
  }

  query::ExprPtr expr_;
};

TEST_F(TimeDependenceTest, SolvesTheLagOfACheckpoint) {
  EXPECT_THAT(Slopes("time() - x / 262144000 > 600"), ElementsAre(1));
  EXPECT_THAT(Slopes("(time() - x) / 60 > 10"), ElementsAre(1.0 / 60));
  EXPECT_THAT(Slopes("max by (task) (time() - x / 262144000) / 60 > 10 and y > 0"),
              ElementsAre(1.0 / 60));
  EXPECT_THAT(Slopes("x > time()"), ElementsAre(-1));
  EXPECT_THAT(Slopes("-(time() - x) < -600"), ElementsAre(-1));
  EXPECT_THAT(Slopes("time() - x > bool 5"), ElementsAre(1));
  EXPECT_THAT(Slopes("1000 * (time() - x) > 5 unless y"), ElementsAre(1000));
}

TEST_F(TimeDependenceTest, SeesNoCrossingWhereBothSidesMoveAlike) {
  EXPECT_THAT(Slopes("time() - x > time() - y"), IsEmpty());
  EXPECT_THAT(Slopes("timestamp(x) - x > 600"), IsEmpty());
  EXPECT_THAT(Slopes("max_over_time(x[5m]) > 2"), IsEmpty());
  EXPECT_THAT(Slopes("max_over_time((time() - x)[5m:1m]) > 2"), IsEmpty());
  EXPECT_THAT(Slopes("count(x) > 2"), IsEmpty());
}

TEST_F(TimeDependenceTest, TicksForWhatIsNotFollowed) {
  EXPECT_THAT(Of("rate(x[5m]) > 2").tick_reasons, IsEmpty());
  EXPECT_THAT(Of("rate(x[5m]) > 2").gap_reasons, ElementsAre("rate(x[5m]) > 2"));
  EXPECT_THAT(Of("rate(x[5m:1m]) > 2").tick_reasons, ElementsAre("rate(x[5m:1m]) > 2"));
  EXPECT_THAT(Of("predict_linear(x[5m], 60) > 2").tick_reasons, SizeIs(1));
  EXPECT_THAT(Of("sum(time() - x) > 2").tick_reasons, SizeIs(1));
  EXPECT_THAT(Of("(time() - x) * y > 2").tick_reasons, SizeIs(1));
  EXPECT_THAT(Of("abs(time() - x) > 2").tick_reasons, SizeIs(1));
  EXPECT_THAT(Of("predict_linear(x[1h], 3600) < 0").tick_reasons, SizeIs(1));
  EXPECT_THAT(Of("topk(1, rate(x[5m]))").gap_reasons, SizeIs(1));
}

TEST_F(TimeDependenceTest, TicksForRangesThatReadBeyondTheirEnds) {
  auto parsed =
      query::ParseExpr("max_over_time(x[5m] anchored) > 2", {.extended_range_selectors = true});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(TimeDependenceOf(**parsed, 300'000).ticks());
}

TEST_F(TimeDependenceTest, NeedsNoTicksToTellWhetherAnythingHappened) {
  EXPECT_THAT(Of("increase(x[5m]) > 0").tick_reasons, IsEmpty());
  EXPECT_THAT(Of("sum by (c) (increase(x[3m])) == 0").tick_reasons, IsEmpty());
  EXPECT_THAT(Of("sum(rate(x[3m])) * 60 > 0").gap_reasons, IsEmpty());
  EXPECT_THAT(Of("rate(x[3m]) > rate(y[3m])").gap_reasons, SizeIs(1));
  EXPECT_THAT(Of("rate(x[3m]) > 0 and y > 5").gap_reasons, IsEmpty());
}

TEST_F(TimeDependenceTest, KnowsWhatEachSelectorReads) {
  const TimeDependence time =
      Of("max_over_time(rate(x[5m] offset 1m)[1h:] offset 10m) > y and z @ 100 and hour() > 8");
  ASSERT_THAT(time.inputs, SizeIs(3));
  EXPECT_EQ(time.inputs[0].function, "rate");
  EXPECT_EQ(time.inputs[0].window_ms, 65 * 60'000);
  EXPECT_EQ(time.inputs[0].offset_ms, 11 * 60'000);
  EXPECT_FALSE(time.inputs[0].on_arrival());
  EXPECT_EQ(time.inputs[1].window_ms, 300'000);
  EXPECT_TRUE(time.inputs[1].on_arrival());
  EXPECT_TRUE(time.inputs[2].fixed);
  EXPECT_TRUE(time.subquery);
  EXPECT_TRUE(time.calendar);
}

}  // namespace
}  // namespace tidemark::alert
