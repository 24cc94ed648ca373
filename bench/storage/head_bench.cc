// Lookup and append: the two steps of the hot path that touch a series.
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "storage/head/head.h"

namespace tidemark::storage {
namespace {

constexpr size_t kBatch = 16;

// Series as a TiKV store exports them: a dozen labels, some 150 bytes.
class BenchHead {
 public:
  explicit BenchHead(int64_t count) : head_(1) {
    std::vector<Head::Wanted> wanted;
    for (int64_t i = 0; i < count; ++i) {
      labels_.push_back(
          model::Labels::Of({{"__name__", "tikv_log_backup_flush_duration_sec_bucket"},
                             {"cluster", "cluster-" + std::to_string(i / 5000)},
                             {"instance", "10.0." + std::to_string(i / 600 % 256) + ".1:20180"},
                             {"job", "tikv"},
                             {"le", std::to_string(i % 16)},
                             {"monitor", "prometheus"},
                             {"stage", "save_files_" + std::to_string(i % 600 / 16)}}));
      wanted.push_back({labels_.back(), head_.table().Hash(labels_.back().bytes()), nullptr});
    }
    base::EpochDomain::Guard guard(head_.epochs());
    head_.Register(wanted, [](std::span<HeadSeries* const>) {});
    for (const Head::Wanted& want : wanted) {
      series_.push_back(want.series);
    }
  }

  Head& head() { return head_; }
  const std::vector<model::Labels>& labels() const { return labels_; }
  const std::vector<HeadSeries*>& series() const { return series_; }

 private:
  Head head_;
  std::vector<model::Labels> labels_;
  std::vector<HeadSeries*> series_;
};

void BM_SeriesTable_Find(benchmark::State& state) {
  BenchHead bench(state.range(0));
  const SeriesTable& table = bench.head().table();
  base::EpochDomain::Guard guard(bench.head().epochs());
  model::Hash128 hashes[kBatch];
  size_t next = 0;
  for (auto _ : state) {
    for (size_t i = 0; i < kBatch; ++i) {
      hashes[i] = table.Hash(bench.labels()[next + i].bytes());
      table.Prefetch(hashes[i]);
    }
    for (size_t i = 0; i < kBatch; ++i) {
      table.PrefetchSeries(hashes[i]);
    }
    for (size_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(table.Find(bench.labels()[next + i].bytes(), hashes[i]));
    }
    next = next + 2 * kBatch <= bench.labels().size() ? next + kBatch : 0;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kBatch));
}
BENCHMARK(BM_SeriesTable_Find)->Arg(20'000)->Arg(100'000)->Arg(1'000'000);

// Scrape after scrape over all series, with a sweep's worth of clean-up left out.
void BM_HeadSeries_Append(benchmark::State& state) {
  BenchHead bench(state.range(0));
  model::Timestamp t = 1'700'000'000'000;
  double value = 0;
  for (auto _ : state) {
    t += 15'000;
    value += 1;
    base::EpochDomain::Guard guard(bench.head().epochs());
    for (HeadSeries* series : bench.series()) {
      benchmark::DoNotOptimize(series->Append({t, value}, bench.head().epochs()));
    }
    state.PauseTiming();
    guard.Leave();
    bench.head().epochs()->Collect();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_HeadSeries_Append)->Arg(20'000)->Arg(100'000)->Iterations(100);

// Requests full of new series, ten labels each, in the order in which targets are scraped. Says how
// much memory a series then takes: index and lookup tables, without the series itself.
void BM_Head_Register(benchmark::State& state) {
  constexpr size_t kRequest = 2000;
  std::vector<model::Labels> labels;
  for (int64_t i = 0; i < state.range(0); ++i) {
    const std::string target = std::to_string(i / 200);
    labels.push_back(
        model::Labels::Of({{"__name__", "tikv_metric_" + std::to_string(i % 200 / 4) + "_total"},
                           {"cluster", "cluster-" + std::to_string(i / 4000)},
                           {"env", "production"},
                           {"instance", "10.0.0." + target + ":20180"},
                           {"job", "tikv"},
                           {"monitor", "prometheus"},
                           {"namespace", "ns-" + std::to_string(i / 4000)},
                           {"pod", "tikv-" + target},
                           {"region", "region-" + std::to_string(i / 20'000)},
                           {"type", "type-" + std::to_string(i % 4)}}));
  }
  for (auto _ : state) {
    auto head = std::make_unique<Head>(1);
    for (size_t from = 0; from < labels.size(); from += kRequest) {
      base::EpochDomain::Guard guard(head->epochs());
      std::vector<Head::Wanted> wanted;
      for (size_t i = from; i < std::min(from + kRequest, labels.size()); ++i) {
        wanted.push_back({labels[i], head->table().Hash(labels[i].bytes()), nullptr});
      }
      head->Register(wanted, [](std::span<HeadSeries* const>) {});
    }
    state.PauseTiming();
    const auto series = static_cast<double>(labels.size());
    state.counters["index_B"] = static_cast<double>(head->index().bytes()) / series;
    state.counters["tables_B"] =
        static_cast<double>(head->table().bytes() + head->directory_bytes()) / series;
    state.counters["series_B"] = static_cast<double>(head->bytes()) / series -
                                 static_cast<double>(state.counters["tables_B"]);
    head = nullptr;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Head_Register)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidemark::storage
