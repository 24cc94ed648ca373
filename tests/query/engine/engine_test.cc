#include "query/engine/engine.h"

#include <atomic>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "tests/testing/memory_querier.h"

namespace tidemark::query {
namespace {

// Gains a millisecond every time the engine looks.
class TickingClock final : public base::Clock {
 public:
  int64_t NowMs() const override { return 0; }
  int64_t SteadyNanos() const override { return 1'000'000 * ++looks_; }

 private:
  mutable std::atomic<int64_t> looks_ = 0;
};

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 10; ++i) {
      std::vector<model::Sample> samples;
      for (int t = 0; t < 100; ++t) {
        samples.push_back({t * 1000, t + i * 0.5});
      }
      querier_.Add(model::Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}}), samples);
    }
  }

  Engine NewEngine(const EngineOptions& options = {}) const {
    return {&querier_, &clock_, options};
  }

  testing::MemoryQuerier querier_;
  TickingClock clock_;
};

TEST_F(EngineTest, TellsAWrongQueryFromAFailedOne) {
  const Engine engine = NewEngine();
  EXPECT_EQ(engine.Instant("m +", 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(engine.Range("m[1m]", 0, 1000, 1000).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(engine.Range("m", 1000, 0, 1000).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(engine.Range("m", 0, 1000, 0).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(engine.Instant("m + on () m", 0).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(EngineTest, EndsAQueryThatIsLate) {
  QueryOptions options;
  options.timeout_ms = 0;
  const auto result = NewEngine().Instant("sum(m)", 0, options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(base::Message(result.status()), "query timed out in expression evaluation");
}

TEST_F(EngineTest, LetsAQueryShortenItsTimeoutOnly) {
  EngineOptions options;
  options.timeout_ms = 0;
  QueryOptions longer;
  longer.timeout_ms = 1'000'000;
  EXPECT_EQ(NewEngine(options).Instant("m", 0, longer).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(EngineTest, EndsAQueryThatIsCancelled) {
  const std::atomic<bool> cancelled = true;
  QueryOptions options;
  options.cancelled = &cancelled;
  const auto result = NewEngine().Range("sum(m)", 0, 10'000, 1000, options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(base::Message(result.status()), "query was canceled in expression evaluation");
}

TEST_F(EngineTest, RefusesToHoldTooManySamples) {
  EngineOptions options;
  options.max_samples = 500;
  const Engine engine = NewEngine(options);
  EXPECT_TRUE(engine.Range("m", 0, 10'000, 1000).ok());
  for (const char* query :
       {"m", "time()", "sum_over_time(m[10m])", "vector(1)", "count_over_time(vector(1)[1d:1s])"}) {
    const auto result = engine.Range(query, 0, 99'000, 100);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition) << query;
    EXPECT_EQ(base::Message(result.status()),
              "query processing would load too many samples into memory in query execution");
  }
}

TEST_F(EngineTest, ForgivesSamplesThatItNoLongerHolds) {
  EngineOptions options;
  options.max_samples = 2000;
  // Each operand holds 10 x 101 samples, one after the other.
  EXPECT_TRUE(NewEngine(options).Range("sum(m) + sum(m) + sum(m) + sum(m)", 0, 10'000, 100).ok());
}

TEST_F(EngineTest, PassesOnWhatTheStoreSays) {
  querier_.set_failure(absl::DataLossError("chunk is torn"));
  for (const char* query : {"m", "rate(m[1m])", "absent(m)", "m[1m]"}) {
    const auto result = NewEngine().Instant(query, 0);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss) << query;
  }
}

TEST_F(EngineTest, TakesTheLookbackFromTheQuery) {
  QueryOptions options;
  options.lookback_ms = 1000;
  EXPECT_EQ(NewEngine().Instant("count(m)", 101'000)->vector.size(), 1U);
  EXPECT_EQ(NewEngine().Instant("count(m)", 101'000, options)->vector.size(), 0U);
}

TEST_F(EngineTest, ClosesRangesOnTheirLeftWhenAskedTo) {
  EngineOptions options;
  options.as_prometheus_2 = true;
  EXPECT_EQ(NewEngine().Instant("count_over_time(m{i='0'}[5s])", 10'000)->vector[0].value, 5);
  EXPECT_EQ(NewEngine(options).Instant("count_over_time(m{i='0'}[5s])", 10'000)->vector[0].value,
            6);
}

TEST_F(EngineTest, EvaluatesAPreparedQueryOverAnyStore) {
  const Engine engine = NewEngine();
  const auto query = engine.Prepare("sum(m)");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(engine.Instant(*query, 0)->vector[0].value, 22.5);
  testing::MemoryQuerier other;
  other.Add(model::Labels::Of({{"__name__", "m"}}), {{0, 7}});
  EXPECT_EQ(engine.Instant(*query, other, 0)->vector[0].value, 7);
}

TEST_F(EngineTest, OffersExperimentsOnlyWhenAskedTo) {
  EngineOptions options;
  options.enable_experimental = true;
  EXPECT_FALSE(NewEngine().Instant("limitk(1, m)", 0).ok());
  EXPECT_TRUE(NewEngine(options).Instant("limitk(1, m)", 0).ok());
}

// The labels of the only series of `expr` at one minute, or the message of its error.
std::string LabelsOf(const Engine& engine, std::string_view expr) {
  const auto result = engine.Instant(expr, 60'000);
  if (!result.ok()) {
    return std::string(base::Message(result.status()));
  }
  return result->vector.size() == 1 ? result->vector[0].labels.ToString() : "not one series";
}

TEST_F(EngineTest, DropsNamesAtTheEndWhenAskedTo) {
  querier_.Add(model::Labels::Of({{"__name__", "n"}, {"i", "0"}}), {{60'000, 1}});
  EngineOptions options;
  options.delayed_name_removal = true;
  const Engine delayed = NewEngine(options);
  const Engine at_once = NewEngine();
  const auto expect = [&](std::string_view expr, std::string_view with, std::string_view without) {
    EXPECT_EQ(LabelsOf(delayed, expr), with) << expr;
    EXPECT_EQ(LabelsOf(at_once, expr), without) << expr;
  };
  expect(R"(abs(m{i="0"}))", R"({i="0"})", R"({i="0"})");
  expect("sum by (__name__) (m)", "m", "m");
  expect("sum by (__name__) (rate(m[1m]))", "{}", "{}");
  expect(R"~(label_replace(-m{i="0"}, "was", "$1", "__name__", "(.*)"))~", R"({i="0", was="m"})",
         R"({i="0"})");
  expect(R"(label_replace(m{i="0"} * 2, "__name__", "x", "", ""))", R"(x{i="0"})", R"(x{i="0"})");
  expect(R"~(label_replace(abs({i="0"}), "was", "$1", "__name__", "(n)") == 1)~",
         R"({i="0", was="n"})", "vector cannot contain metrics with the same labelset");
  expect(R"(abs({i="0"}))", "vector cannot contain metrics with the same labelset",
         "vector cannot contain metrics with the same labelset");
  expect(R"(m{i="0"} + m)", R"({i="0"})", R"({i="0"})");
}

TEST_F(EngineTest, CountsWhatAQueryCosts) {
  const auto result = NewEngine().Range("m", 0, 9'000, 1000);
  EXPECT_EQ(result->stats.samples_read, 100U);
  EXPECT_GE(result->stats.peak_samples, 100U);
}

TEST_F(EngineTest, SumsWholeNumbersAsItSumsOthers) {
  std::vector<model::Sample> whole;
  for (int t = 1; t < 200; ++t) {
    whole.push_back({t * 1000, static_cast<double>(t * 7919 % 1000 - 300)});
  }
  std::vector<model::Sample> mixed = whole;
  mixed.insert(mixed.begin(), {0, 0.1});
  querier_.Add(model::Labels::Of({{"__name__", "whole"}}), whole);
  querier_.Add(model::Labels::Of({{"__name__", "mixed"}}), mixed);
  const Engine engine = NewEngine();
  for (const std::string function : {"sum_over_time", "avg_over_time"}) {
    const auto left = engine.Range(function + "(whole[50s])", 0, 250'000, 1000);
    const auto right = engine.Range(function + "(mixed[50s])", 0, 250'000, 1000);
    ASSERT_TRUE(left.ok() && right.ok());
    const std::vector<model::Sample>& a = left->matrix[0].samples;
    const std::vector<model::Sample>& b = right->matrix[0].samples;
    size_t compared = 0;
    for (size_t i = 0; i < a.size(); ++i) {
      if (a[i].t >= 50'000) {  // the window is past the fraction
        EXPECT_TRUE(model::SameBits(a[i].v, b[i + 1].v)) << function << " at " << a[i].t;
        ++compared;
      }
    }
    EXPECT_GT(compared, 190U);
  }
}

TEST_F(EngineTest, CountsWhatIsThereAndNotTheStepsWithout) {
  for (int i = 0; i < 50; ++i) {
    querier_.Add(model::Labels::Of({{"__name__", "short"}, {"i", std::to_string(i)}}),
                 {{0, 1}, {1, model::StaleMarker()}});
  }
  EngineOptions options;
  options.max_samples = 2000;
  const Engine engine = NewEngine(options);
  // 50 series of one value at 100 steps each.
  const auto result = engine.Range("-short", 0, 99'000, 1000);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->stats.peak_samples, 50U);
  EXPECT_FALSE(engine.Range("-short", 0, 999'000, 1000).ok()) << "columns take memory all the same";
}

TEST_F(EngineTest, SurvivesTimesAtTheEndsOfTheirRange) {
  const Engine engine = NewEngine();
  for (const model::Timestamp t : {model::kMinTimestamp, model::kMaxTimestamp}) {
    for (const char* query :
         {"m", "rate(m[1h])", "m offset 1y", "m offset -1y", "sum_over_time(m[1h:1m])", "time()",
          "hour()", "deriv(m[1h] @ 9223372036854775)", "m @ -9223372036854775 offset 1y"}) {
      EXPECT_TRUE(engine.Instant(query, t).ok()) << query << " at " << t;
    }
  }
  EXPECT_FALSE(engine.Range("m", model::kMinTimestamp, model::kMaxTimestamp, 1).ok());
}

}  // namespace
}  // namespace tidemark::query
