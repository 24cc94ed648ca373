// Queries that several threads compute give what one thread gives: values, order, errors.
#include "query/engine/series_rows.h"

#include <atomic>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/engine/engine.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/memory_querier.h"

namespace tidemark::query {
namespace {

using model::Timestamp;

constexpr int64_t kStep = 15'000;
constexpr int kSeries = 400;
constexpr int kSamples = 600;
constexpr Timestamp kEnd = kSamples * kStep;

// A store whose reads fail from one series on.
class FailingQuerier final : public storage::Querier {
 public:
  FailingQuerier(const storage::Querier& from, std::string series)
      : from_(from), series_(std::move(series)) {}

  absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(
      const storage::Selection& selection) const override {
    ASSIGN_OR_RETURN(auto set, from_.Select(selection));
    return std::make_unique<Set>(std::move(set), series_);
  }
  absl::StatusOr<std::vector<std::string>> LabelNames(
      const storage::Selection& selection) const override {
    return from_.LabelNames(selection);
  }
  absl::StatusOr<std::vector<std::string>> LabelValues(
      std::string_view name, const storage::Selection& selection) const override {
    return from_.LabelValues(name, selection);
  }

 private:
  class Set final : public storage::SeriesSet {
   public:
    Set(std::unique_ptr<storage::SeriesSet> set, std::string series)
        : set_(std::move(set)), series_(std::move(series)) {}
    bool Next() override { return set_->Next(); }
    model::LabelsView labels() const override { return set_->labels(); }
    absl::Status Read(storage::SampleColumns* columns) override {
      const std::string_view i = labels().Get("i");
      return i >= series_ ? absl::DataLossError(base::ToAbsl("series " + std::string(i)))
                          : set_->Read(columns);
    }
    size_t places() const override { return set_->places(); }
    std::unique_ptr<storage::SeriesSet> Another() const override {
      return std::make_unique<Set>(set_->Another(), series_);
    }
    void GoTo(size_t begin, size_t end) override { set_->GoTo(begin, end); }

   private:
    std::unique_ptr<storage::SeriesSet> set_;
    const std::string series_;
  };

  const storage::Querier& from_;
  const std::string series_;
};

class SeriesRowsTest : public ::testing::Test {
 protected:
  // Counters and gauges with gaps, stale markers, resets and numbers that are none.
  void Fill(uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto one_in = [&](uint64_t n) { return random() % n == 0; };
    for (int i = 0; i < kSeries; ++i) {
      std::vector<model::Sample> samples;
      double v = 0;
      bool gap = false;
      for (int s = 0; s < kSamples; ++s) {
        gap = gap ? !one_in(10) : one_in(80);
        v = one_in(50) ? 0 : v + static_cast<double>(random() % 1000) / 7;
        if (!gap) {
          const double value = one_in(100)   ? model::StaleMarker()
                               : one_in(200) ? std::numeric_limits<double>::quiet_NaN()
                               : one_in(200) ? std::numeric_limits<double>::infinity()
                                             : v;
          samples.push_back({s * kStep + static_cast<Timestamp>(random() % 1000), value});
        }
      }
      querier_.Add(model::Labels::Of({{"__name__", i % 2 == 0 ? "a_total" : "b"},
                                      {"group", std::to_string(i % 7)},
                                      {"i", std::to_string(1000 + i)}}),
                   samples);
    }
  }

  Engine NewEngine(size_t threads, const storage::Querier& querier) const {
    EngineOptions options;
    options.threads = threads;
    return {&querier, &clock_, options};
  }

  testing::MemoryQuerier querier_;
  testing::FakeClock clock_{kEnd};
};

std::string TextOf(const absl::StatusOr<QueryResult>& result) {
  if (!result.ok()) {
    return result.status().ToString();
  }
  std::string text;
  for (const MatrixSeries& series : result->matrix) {
    text += series.labels.ToString() + ":";
    for (const model::Sample& sample : series.samples) {
      text += fmt::format(" {}@{}", model::ValueBits(sample.v), sample.t);
    }
    text += "\n";
  }
  for (const VectorSample& sample : result->vector) {
    text += fmt::format("{} {}\n", sample.labels.ToString(), model::ValueBits(sample.value));
  }
  for (const std::string& info : result->infos) {
    text += info + "\n";
  }
  return text + fmt::format("{} samples", result->stats.samples_read);
}

constexpr const char* kExpressions[] = {
    "a_total",
    "b offset 1m",
    "rate(a_total[1m])",
    "sum by (group) (rate(a_total[1m]))",
    "avg(b)",
    "stddev by (group) (b)",
    "max_over_time(b[5m])",
    "quantile_over_time(0.3, b[2m])",
    "topk(3, rate(a_total[5m]))",
    "increase(b[2m])",
    "sum(rate(a_total[1m])) / count(b)",
    "avg_over_time(sum by (group) (b)[10m:30s])",
    "absent(c)",
    "{__name__=~'a_total|b'} @ 3000",
    "rate({__name__=~'a_total|b'}[1m])",
    "last_over_time({__name__=~'a_total|b'}[1m])",
    "-{i=~'1.*'}",
};

TEST_F(SeriesRowsTest, GivesTheSameWithManyThreadsAsWithOne) {
  const uint64_t seed = std::random_device{}();
  SCOPED_TRACE(seed);
  Fill(seed);
  const Engine one = NewEngine(1, querier_);
  const Engine many = NewEngine(4, querier_);
  for (const char* expr : kExpressions) {
    EXPECT_EQ(TextOf(many.Range(expr, 0, kEnd, kStep)), TextOf(one.Range(expr, 0, kEnd, kStep)))
        << expr;
    EXPECT_EQ(TextOf(many.Instant(expr, kEnd)), TextOf(one.Instant(expr, kEnd))) << expr;
  }
}

TEST_F(SeriesRowsTest, GivesTheFirstErrorInTheOrderOfSeries) {
  Fill(1);
  for (const char* first : {"1000", "1123", "1399"}) {
    const FailingQuerier failing(querier_, first);
    const Engine one = NewEngine(1, failing);
    const Engine many = NewEngine(4, failing);
    const std::string expected = TextOf(one.Range("sum(b)", 0, kEnd, kStep));
    EXPECT_NE(expected.find("series 1"), std::string::npos);
    EXPECT_EQ(TextOf(many.Range("sum(b)", 0, kEnd, kStep)), expected);
  }
}

TEST_F(SeriesRowsTest, EndsHelpersWithTheQuery) {
  Fill(1);
  const Engine many = NewEngine(4, querier_);
  std::atomic<bool> cancelled = true;
  QueryOptions options;
  options.cancelled = &cancelled;
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(many.Range("sum(rate(b[1m]))", 0, kEnd, kStep, options).status().code(),
              absl::StatusCode::kCancelled);
  }
}

TEST_F(SeriesRowsTest, SharesHelpersAmongQueries) {
  Fill(1);
  const Engine many = NewEngine(3, querier_);
  const std::string expected = TextOf(many.Range("sum(rate(b[1m]))", 0, kEnd, kStep));
  std::vector<std::thread> clients;
  std::atomic<int> different = 0;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        different += TextOf(many.Range("sum(rate(b[1m]))", 0, kEnd, kStep)) == expected ? 0 : 1;
      }
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
  EXPECT_EQ(different, 0);
}

TEST_F(SeriesRowsTest, HoldsTheLimitOfSamplesWithManyThreads) {
  Fill(1);
  EngineOptions options;
  options.threads = 4;
  options.max_samples = 10'000;
  const Engine many(&querier_, &clock_, options);
  EXPECT_EQ(many.Range("b", 0, kEnd, kStep).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(many.Range("sum(b)", 0, kEnd, kStep).ok()) << "series are folded as they come";
}

}  // namespace
}  // namespace tidemark::query
