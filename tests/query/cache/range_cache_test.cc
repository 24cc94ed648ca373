#include "query/cache/range_cache.h"

#include <gtest/gtest.h>

#include "base/metrics.h"
#include "storage/change_log.h"
#include "tests/query/cache/answer_samples.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/memory_querier.h"

namespace tidemark::query {
namespace {

// A store in memory that tells of its changes and counts the questions it is asked.
class ToldQuerier final : public storage::Querier {
 public:
  const storage::ChangeLog* changes() const override { return &log; }
  model::Timestamp kept_from() const override { return kept; }
  absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(
      const storage::Selection& selection) const override {
    asked.emplace_back(selection.min_time, selection.max_time);
    return store.Select(selection);
  }
  absl::StatusOr<std::vector<std::string>> LabelNames(
      const storage::Selection& selection) const override {
    return store.LabelNames(selection);
  }
  absl::StatusOr<std::vector<std::string>> LabelValues(
      std::string_view name, const storage::Selection& selection) const override {
    return store.LabelValues(name, selection);
  }

  testing::MemoryQuerier store;
  storage::ChangeLog log;
  model::Timestamp kept = model::kMinTimestamp;
  mutable std::vector<std::pair<model::Timestamp, model::Timestamp>> asked;
};

class RangeCacheTest : public ::testing::Test {
 protected:
  static constexpr int64_t kStep = 10'000;

  void SetUp() override {
    std::vector<model::Sample> samples;
    for (int64_t t = 0; t <= 200; ++t) {
      samples.push_back({t * kStep, static_cast<double>(t)});
    }
    querier_.store.Add(model::Labels::Of({{"__name__", "m"}}), samples);
  }

  // Steps from `first` to `last`, checked against the engine.
  void Ask(std::string_view expr, int64_t first, int64_t last) {
    const RangeRequest request{expr, first * kStep, last * kStep, kStep};
    querier_.asked.clear();
    const auto answer = cache_.Range(request, {});
    ASSERT_TRUE(answer.ok()) << answer.status();
    const auto asked = querier_.asked;
    const auto expected = engine_.Range(expr, request.start, request.end, kStep);
    EXPECT_EQ(Describe(SamplesOf(*answer)), Describe(expected->matrix));
    querier_.asked = asked;
  }

  ToldQuerier querier_;
  testing::FakeClock clock_{0};
  base::MetricsRegistry metrics_;
  Engine engine_{&querier_, &clock_, {}};
  RangeCache cache_{&engine_, &querier_, 1u << 20, &metrics_};
};

TEST_F(RangeCacheTest, AsksNothingForStepsItHas) {
  Ask("m", 10, 100);
  EXPECT_EQ(querier_.asked.size(), 1u);
  Ask("m", 10, 100);
  EXPECT_TRUE(querier_.asked.empty());
  Ask("m", 30, 90);
  EXPECT_TRUE(querier_.asked.empty());
}

TEST_F(RangeCacheTest, EvaluatesOnlyTheStepsBehindThoseItHas) {
  Ask("m", 10, 100);
  Ask("m", 11, 101);
  ASSERT_EQ(querier_.asked.size(), 1u);
  EXPECT_EQ(querier_.asked[0].second, 101 * kStep);
  EXPECT_GT(querier_.asked[0].first, 101 * kStep - 300'000 - 1);
  Ask("m", 11, 102);
  Ask("m", 80, 101);
  EXPECT_TRUE(querier_.asked.empty());
}

TEST_F(RangeCacheTest, EvaluatesAllForStepsBeforeThoseItHas) {
  Ask("m", 50, 100);
  Ask("m", 20, 100);
  ASSERT_EQ(querier_.asked.size(), 1u);
  EXPECT_LT(querier_.asked[0].first, 20 * kStep);
}

TEST_F(RangeCacheTest, EvaluatesAgainFromTheOldestChangeOn) {
  Ask("m", 10, 100);
  querier_.store.Add(model::Labels::Of({{"__name__", "m"}, {"late", "1"}}), {{70 * kStep, 5}});
  querier_.log.Note(70 * kStep);
  Ask("m", 10, 100);
  ASSERT_EQ(querier_.asked.size(), 1u);
  EXPECT_GT(querier_.asked[0].first, 70 * kStep - 300'000 - 1);
  EXPECT_EQ(querier_.asked[0].second, 100 * kStep);
  Ask("m", 10, 69);
  EXPECT_TRUE(querier_.asked.empty());
}

TEST_F(RangeCacheTest, KeepsNothingThatDependsOnMoreThanWhatIsBeforeAStep) {
  for (const std::string_view expr :
       {"m offset -1m", "m @ end()", "m @ 500", "m + scalar(m @ 7)"}) {
    SCOPED_TRACE(expr);
    Ask(expr, 10, 60);
    Ask(expr, 10, 60);
    EXPECT_FALSE(querier_.asked.empty());
  }
}

TEST_F(RangeCacheTest, KeepsNothingWithAnnotations) {
  Ask("rate(m[1m])", 10, 60);  // the name is not that of a counter
  Ask("rate(m[1m])", 10, 60);
  EXPECT_FALSE(querier_.asked.empty());
}

TEST_F(RangeCacheTest, TellsStepsAndGridsApart) {
  Ask("m", 10, 60);
  const auto shifted = cache_.Range({"m", 10 * kStep + 1, 60 * kStep, kStep}, {});
  const auto expected = engine_.Range("m", 10 * kStep + 1, 60 * kStep, kStep);
  EXPECT_EQ(Describe(SamplesOf(*shifted)), Describe(expected->matrix));
  const auto wider = cache_.Range({"m", 10 * kStep, 60 * kStep, 2 * kStep}, {});
  EXPECT_EQ(SamplesOf(*wider)[0].samples.size(), 26u);
}

TEST_F(RangeCacheTest, KeepsNothingWhoseSamplesAreAboutToVanish) {
  querier_.kept = 0;
  Ask("m", 10, 60);  // looks back 300 s, to before what is kept
  Ask("m", 10, 60);
  EXPECT_FALSE(querier_.asked.empty());
  Ask("m", 40, 60);
  Ask("m", 40, 60);
  EXPECT_TRUE(querier_.asked.empty());
  querier_.kept = 20 * kStep;
  Ask("m", 40, 60);
  EXPECT_FALSE(querier_.asked.empty());
}

TEST_F(RangeCacheTest, DropsWhatWasUsedLongestAgo) {
  RangeCache small(&engine_, &querier_, 40'000, &metrics_);
  const auto ask = [&](const std::string& expr) {
    querier_.asked.clear();
    EXPECT_TRUE(small.Range({expr, 0, 100 * kStep, kStep}, {}).ok());
    return querier_.asked.size();
  };
  EXPECT_EQ(ask("m"), 1u);
  for (int i = 0; i < 50; ++i) {
    ask("m + " + std::to_string(i));
    EXPECT_LE(small.bytes(), 40'000u);
    EXPECT_EQ(ask("m"), 0u) << "used each time, " << i;
  }
  EXPECT_EQ(ask("m + 0"), 1u);
}

TEST_F(RangeCacheTest, KeepsNothingWithoutMemoryForIt) {
  RangeCache none(&engine_, &querier_, 0, &metrics_);
  for (int i = 0; i < 2; ++i) {
    querier_.asked.clear();
    const auto answer = none.Range({"m", 0, 100 * kStep, kStep}, {});
    EXPECT_EQ(answer->blocks, nullptr);
    EXPECT_EQ(querier_.asked.size(), 1u);
  }
}

TEST_F(RangeCacheTest, GivesTheEnginesErrors) {
  EXPECT_EQ(cache_.Range({"m +", 0, 1, 1}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(cache_.Range({"m", 1, 0, 1}, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(cache_.Range({"m", 0, 1, 0}, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tidemark::query
