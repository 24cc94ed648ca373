// Queries over a store in memory, so that what is timed is the engine.
#include <map>

#include <benchmark/benchmark.h>

#include "base/clock.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/engine.h"
#include "tests/testing/memory_querier.h"

namespace tidemark::query {
namespace {

constexpr int64_t kScrapeMs = 15'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr model::Timestamp kStart = 1'700'000'000'000;

// `count` counters of fifty jobs over two hours, with realistic label sets.
void FillStore(int64_t count, testing::MemoryQuerier* querier) {
  for (int64_t i = 0; i < count; ++i) {
    std::vector<model::Sample> samples;
    double value = 0;
    for (int64_t t = 0; t < 2 * kHourMs; t += kScrapeMs) {
      value += static_cast<double>((i * 7 + t / kScrapeMs * 13) % 97);
      samples.push_back({kStart + t, value});
    }
    querier->Add(model::Labels::Of({{"__name__", "tikv_grpc_msg_duration_seconds_count"},
                                    {"cluster", fmt::format("prod-{}", i % 10)},
                                    {"instance", fmt::format("10.0.{}.{}:20180", i / 250, i % 250)},
                                    {"job", fmt::format("tikv-{}", i % 50)},
                                    {"type", fmt::format("kv_{}", i)}}),
                 samples);
  }
}

// The stores are made once per size.
const testing::MemoryQuerier& StoreOf(int64_t count) {
  static std::map<int64_t, testing::MemoryQuerier> stores;
  const auto [it, added] = stores.try_emplace(count);
  if (added) {
    FillStore(count, &it->second);
  }
  return it->second;
}

void Fail(benchmark::State& state, const absl::Status& status) {
  state.SkipWithError(std::string(base::Message(status)).c_str());
}

// An hour in steps of 15 s, 241 in all.
void RunRange(benchmark::State& state, const char* query) {
  const base::SystemClock clock;
  const Engine engine(&StoreOf(state.range(0)), &clock, {});
  size_t samples = 0;
  for (auto _ : state) {
    const auto result = engine.Range(query, kStart + kHourMs, kStart + 2 * kHourMs, kScrapeMs);
    if (!result.ok()) {
      return Fail(state, result.status());
    }
    samples += result->stats.samples_read;
  }
  state.SetItemsProcessed(static_cast<int64_t>(samples));
}

void RunInstant(benchmark::State& state, const char* query) {
  const base::SystemClock clock;
  const Engine engine(&StoreOf(state.range(0)), &clock, {});
  for (auto _ : state) {
    const auto result = engine.Instant(query, kStart + kHourMs);
    if (!result.ok()) {
      return Fail(state, result.status());
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

#define METRIC "tikv_grpc_msg_duration_seconds_count"
BENCHMARK_CAPTURE(RunRange, BM_Range_Selector, METRIC)->Arg(1000);
BENCHMARK_CAPTURE(RunRange, BM_Range_SumByRate, "sum by (job) (rate(" METRIC "[5m]))")
    ->Arg(1000)
    ->Arg(5000);
BENCHMARK_CAPTURE(RunRange, BM_Range_MaxOverTime, "max_over_time(" METRIC "[5m])")->Arg(1000);
BENCHMARK_CAPTURE(RunRange, BM_Range_TopkOfRate, "topk(5, rate(" METRIC "[5m]))")->Arg(1000);
BENCHMARK_CAPTURE(RunRange, BM_Range_Matching, METRIC " / " METRIC " offset 5m")->Arg(1000);
BENCHMARK_CAPTURE(RunInstant, BM_Instant_SumBy, "sum by (job) (" METRIC ")")->Arg(5000);
BENCHMARK_CAPTURE(RunInstant, BM_Instant_Filter, METRIC " > 0")->Arg(5000);
#undef METRIC

}  // namespace
}  // namespace tidemark::query
