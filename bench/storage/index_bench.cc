// Registration in the label index and selection from it.
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "fmt/format.h"
#include "storage/index/label_index.h"

namespace tidemark::storage {
namespace {

constexpr size_t kMetrics = 200;

// Series as scrapes of a fleet bring them: a target's metrics one after the other, ten labels.
std::vector<model::Labels> FleetLabels(size_t count) {
  std::vector<model::Labels> labels;
  labels.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t target = i / kMetrics;
    const size_t metric = i % kMetrics;
    labels.push_back(model::Labels::Of(
        {{"__name__", fmt::format("tikv_metric_{}_total", metric / 4)},
         {"cluster", fmt::format("cluster-{}", target / 20)},
         {"env", "production"},
         {"instance", fmt::format("10.0.{}.{}:20180", target / 250, target % 250)},
         {"job", target % 3 == 0 ? "tikv" : "tidb"},
         {"monitor", "prometheus"},
         {"namespace", fmt::format("ns-{}", target / 20)},
         {"pod", fmt::format("tikv-{}", target)},
         {"region", fmt::format("region-{}", target / 100)},
         {"type", fmt::format("type-{}", metric % 4)}}));
  }
  return labels;
}

model::Matcher Match(model::MatchType type, std::string name, std::string value) {
  return *model::Matcher::Create(type, std::move(name), std::move(value));
}

void AddAll(const std::vector<model::Labels>& labels, LabelIndex* index) {
  SeriesRef ref = 0;
  for (const model::Labels& of : labels) {
    index->Add(++ref, of);
  }
}

void BM_LabelIndex_Add(benchmark::State& state) {
  const std::vector<model::Labels> labels = FleetLabels(static_cast<size_t>(state.range(0)));
  for (auto _ : state) {
    auto index = std::make_unique<LabelIndex>();
    AddAll(labels, index.get());
    state.PauseTiming();
    index = nullptr;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_LabelIndex_Add)
    ->Arg(20'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);

void Select(benchmark::State& state, const std::vector<model::Matcher>& matchers) {
  LabelIndex index;
  AddAll(FleetLabels(100'000), &index);
  uint64_t selected = 0;
  for (auto _ : state) {
    selected = index.Select(matchers).cardinality();
    benchmark::DoNotOptimize(selected);
  }
  state.counters["series"] = static_cast<double>(selected);
}

using model::MatchType;
const auto kMetric = [] { return Match(MatchType::kEqual, "__name__", "tikv_metric_7_total"); };

void BM_LabelIndex_SelectMetric(benchmark::State& state) { Select(state, {kMetric()}); }
BENCHMARK(BM_LabelIndex_SelectMetric);

void BM_LabelIndex_SelectMetricOfCluster(benchmark::State& state) {
  Select(state, {kMetric(), Match(MatchType::kEqual, "cluster", "cluster-3")});
}
BENCHMARK(BM_LabelIndex_SelectMetricOfCluster);

void BM_LabelIndex_SelectMetricAndRegexp(benchmark::State& state) {
  Select(state, {kMetric(), Match(MatchType::kRegexp, "instance", "10\\.0\\.1\\..*")});
}
BENCHMARK(BM_LabelIndex_SelectMetricAndRegexp);

void BM_LabelIndex_SelectNotEmpty(benchmark::State& state) {
  Select(state, {Match(MatchType::kNotEqual, "pod", "")});
}
BENCHMARK(BM_LabelIndex_SelectNotEmpty);

void BM_LabelIndex_LabelValuesOfMetric(benchmark::State& state) {
  LabelIndex index;
  AddAll(FleetLabels(100'000), &index);
  const SeriesBitmap metric = index.Select(std::vector{kMetric()});
  for (auto _ : state) {
    benchmark::DoNotOptimize(index.LabelValues("instance", &metric));
  }
}
BENCHMARK(BM_LabelIndex_LabelValuesOfMetric);

}  // namespace
}  // namespace tidemark::storage
