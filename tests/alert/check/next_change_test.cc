#include "alert/check/next_change.h"

#include <random>
#include <set>

#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory_querier.h"
#include "tests/alert/check/random_rule_expression.h"

namespace tidemark::alert {
namespace {

using ::testing::Optional;

constexpr int64_t kMinute = 60'000;

class NextChangeTest : public ::testing::Test {
 protected:
  std::optional<model::Timestamp> After(const std::string& expr, model::Timestamp t) {
    const auto next = NextChange::Create(&engine_, expr);
    EXPECT_TRUE(next.ok()) << next.status();
    EXPECT_FALSE(next->ticks());
    const auto after = next->After(t, store_);
    EXPECT_TRUE(after.ok()) << after.status();
    return *after;
  }

  void Put(const std::string& name, model::Timestamp t, double v) {
    ASSERT_TRUE(store_.Append(model::Labels::Of({{"__name__", name}}), {t, v}));
  }

  storage::MemoryQuerier store_;
  base::SystemClock clock_;
  query::Engine engine_{&store_, &clock_, {}};
};

TEST_F(NextChangeTest, SolvesWhenALagIsReached) {
  Put("x", 100'000, 90);  // a checkpoint in seconds
  EXPECT_THAT(After("time() - x > 30", 100'000), Optional(120'000));
  EXPECT_THAT(After("(time() - x) / 60 > bool 0.5", 100'000), Optional(120'000));
  EXPECT_THAT(After("30 < time() - x", 100'000), Optional(120'000));
  // Passed already: only the look-back remains.
  EXPECT_THAT(After("time() - x > 5", 100'000), Optional(400'000));
}

TEST_F(NextChangeTest, SeesTheLookBackAndRangesAndOffsetsEnd) {
  Put("x", 100'000, 1);
  Put("x", 130'000, 2);
  EXPECT_THAT(After("x", 140'000), Optional(430'000));
  EXPECT_THAT(After("max_over_time(x[1m]) > 0", 140'000), Optional(160'000));
  EXPECT_THAT(After("x offset 1m", 165'000), Optional(190'000));
  EXPECT_EQ(After("y", 140'000), std::nullopt);
  EXPECT_EQ(After("x @ 120", 140'000), std::nullopt);
}

TEST_F(NextChangeTest, SeesStepsAndMinutes) {
  Put("x", 100'000, 1);
  EXPECT_THAT(After("max_over_time(x[2m:45s]) > 0", 100'000), Optional(120'000));
  EXPECT_THAT(After("max_over_time(x[90s:45s]) > 0", 101'000), Optional(135'000));
  EXPECT_THAT(After("vector(1) and on () (hour() > 8)", 100'000), Optional(2 * kMinute));
}

TEST_F(NextChangeTest, SaysWhenItCannotTell) {
  EXPECT_TRUE(NextChange::Create(&engine_, "predict_linear(x[5m], 60) > 3")->ticks());
  EXPECT_FALSE(NextChange::Create(&engine_, "x +").ok());
}

TEST_F(NextChangeTest, TakesARateAsStillUntilTheNextSampleIsOverdue) {
  for (int i = 1; i <= 20; ++i) {
    Put("x", 15'000 * i, 1000 + i);
  }
  EXPECT_THAT(After("rate(x[2m]) > 0.05", 303'000), Optional(315'000)) << "a sample leaves";
  EXPECT_THAT(After("rate(x[2m]) > 0.05", 315'000), Optional(316'500)) << "the next is overdue";
  const auto next = NextChange::Create(&engine_, "rate(x[2m]) > 0.05");
  EXPECT_FALSE(*next->Moves(315'000, store_));
  EXPECT_TRUE(*next->Moves(317'000, store_)) << "one end moves alone";
}

// Truth at any moment before the next change is the truth now.
class NextChangeProperty : public ::testing::TestWithParam<uint32_t> {
 protected:
  struct Series {
    model::Labels labels;
    std::vector<model::Sample> samples;
  };

  void MakeSeries() {
    for (const char* name : {"m", "n", "o"}) {
      for (const char* x : {"", "1", "2"}) {
        Series& series = series_.emplace_back();
        series.labels = model::Labels::Of({{"__name__", name}, {"x", x}});
        for (model::Timestamp t = 0; t < 15 * kMinute; t += 1 + Below(2 * kMinute)) {
          const bool stale = Below(12) == 0;
          series.samples.push_back(
              {t, stale ? model::StaleMarker() : static_cast<double>(Below(900))});
        }
      }
    }
  }

  // What has come by `t`.
  storage::MemoryQuerier Past(model::Timestamp t) const {
    storage::MemoryQuerier past;
    for (const Series& series : series_) {
      std::vector<model::Sample> samples = series.samples;
      std::erase_if(samples, [&](const model::Sample& sample) { return sample.t > t; });
      past.Add(series.labels, samples);
    }
    return past;
  }

  int64_t Below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(n)); }

  std::string RandomExpression() {
    RandomRuleExpression expression(&random_);
    const std::string lag =
        fmt::format("({}(time() - {}) {} {})", Below(2) == 0 ? "2 * " : "", expression.Vector(1),
                    Below(2) == 0 ? ">" : "<=", Below(900));
    const std::string rate = fmt::format(
        "({}({}[{}m]) {} {})", Below(2) == 0 ? "increase" : "delta", Below(2) == 0 ? "m" : "n",
        3 + Below(5), Below(2) == 0 ? ">" : "<=", Below(900));
    switch (Below(5)) {
      case 4:
        return rate;
      case 0:
        return lag;
      case 1:
        return fmt::format("max by (x) {} and on (x) {}", lag, expression.Vector(1));
      case 2:
        return fmt::format("{} unless {}", expression.Vector(1), lag);
      default:
        return expression.Vector(2);
    }
  }

  // The series given, or that it fails.
  std::set<std::string> Truth(const query::PreparedQuery& query, model::Timestamp t,
                              const storage::Querier& past) const {
    const auto result = engine_.Instant(query, past, t);
    if (!result.ok()) {
      return {"fails"};
    }
    std::set<std::string> truth;
    for (const query::VectorSample& sample : result->vector) {
      truth.insert(sample.labels.ToString());
    }
    return truth;
  }

  // False if nothing could be said: it ticks, or the sides of a comparison do not match.
  bool Check(const std::string& text) {
    const auto next = NextChange::Create(&engine_, text);
    EXPECT_TRUE(next.ok()) << text << ": " << next.status();
    if (!next.ok() || next->ticks()) {
      return false;
    }
    const model::Timestamp t = 5 * kMinute + Below(10 * kMinute);
    const storage::MemoryQuerier past = Past(t);
    const auto moves = next->Moves(t, past);
    if (!moves.ok() || *moves) {
      return false;
    }
    const auto after = next->After(t, past);
    if (!after.ok()) {
      return false;
    }
    const model::Timestamp end = after->value_or(t + 20 * kMinute);
    EXPECT_GT(end, t) << text;
    const auto query = engine_.Prepare(text);
    const std::set<std::string> now = Truth(*query, t, past);
    for (int i = 0; i < 6; ++i) {
      const model::Timestamp u = i == 0 ? end - 1 : t + Below(end - t);
      EXPECT_EQ(Truth(*query, u, past), now)
          << text << " at " << t << " and " << u << ", next " << end;
    }
    changed_ += Truth(*query, end, past) != now || Truth(*query, end + 1, past) != now ? 1 : 0;
    return true;
  }

  std::mt19937 random_{GetParam()};
  std::vector<Series> series_;
  storage::MemoryQuerier none_;
  base::SystemClock clock_;
  query::Engine engine_{&none_, &clock_, {}};
  int changed_ = 0;  // times that the next change was one
};

TEST_P(NextChangeProperty, TruthHoldsUntilTheNextChange) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  int judged = 0;
  for (int i = 0; i < 100 && !HasFailure(); ++i) {
    series_.clear();
    MakeSeries();
    judged += Check(RandomExpression()) ? 1 : 0;
  }
  EXPECT_GT(judged, 50);
  EXPECT_GT(changed_, 10);
}

INSTANTIATE_TEST_SUITE_P(Seeds, NextChangeProperty, ::testing::Range(1u, 21u));

}  // namespace
}  // namespace tidemark::alert
