// What the fleet costs: samples taken, clusters diagnosed, and answers given, for a number of
// clusters of nine TiKV, three TiDB and a PD.
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "fleet/fact_series.h"
#include "fleet/fleet.h"
#include "fleet/fleet_json.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

constexpr model::Timestamp kT = 1'790'000'000'000;
constexpr int64_t kScrapeMs = 15'000;
constexpr int kStores = 9;
constexpr int kTidbs = 3;

using Pairs = std::vector<std::pair<std::string, std::string>>;

// A fleet and the inputs of all its series, in the order of scrapes.
struct Setup {
  explicit Setup(int clusters) : fleet(std::make_unique<Fleet>(FleetOptions{})) {
    for (int i = 0; i < clusters; ++i) {
      AddCluster(fmt::format("cluster-{}", i));
    }
    for (int scrape = 0; scrape < 80; ++scrape) {
      Scrape();
    }
    fleet->Evaluate(t);
  }

  void AddCluster(const std::string& name) {
    for (int i = 0; i < kStores; ++i) {
      AddStore(name, fmt::format("10.0.0.{}:20180", i));
    }
    for (int i = 0; i < kTidbs; ++i) {
      const std::string instance = fmt::format("10.0.1.{}:10080", i);
      Add(name, instance, "tidb_log_backup_advancer_owner", {}, i == 0 ? 1 : 0, 0);
      if (i == 0) {
        Add(name, instance, "tidb_log_backup_last_checkpoint", {{"task", "pitr"}}, MsToTso(kT),
            MsToTso(kScrapeMs));
        Add(name, instance, "tidb_log_backup_advancer_tick_duration_sec_count", {{"step", "tick"}},
            1, 1.25);
      }
    }
    Add(name, "10.0.2.1:2379", "pd_cluster_metadata", {{"type", "cluster7001"}}, 0, 0);
  }

  void AddStore(const std::string& name, const std::string& instance) {
    Add(name, instance, "tikv_log_backup_task_status", {{"task", "pitr"}}, 0, 0);
    Add(name, instance, "tikv_log_backup_store_checkpoint_ts", {{"task", "pitr"}}, MsToTso(kT),
        MsToTso(kScrapeMs));
    for (const char* stage : {"save_files", "generate_metadata"}) {
      Add(name, instance, "tikv_log_backup_flush_duration_sec_count", {{"stage", stage}}, 1, 0.1);
    }
    for (const char* message : {"get_checkpoints", "flush", "sync", "batch_event", "flushed",
                                "update_global_checkpoint", "modify_observe.start"}) {
      Add(name, instance, "tikv_log_backup_internal_actor_acting_duration_sec_count",
          {{"message", message}}, 1, 2);
    }
    for (const char* metric :
         {"tikv_log_backup_flush_file_size_sum", "tikv_log_backup_flush_file_size_count",
          "tikv_log_backup_handle_kv_batch_sum", "tikv_log_backup_initial_scan_disk_read"}) {
      Add(name, instance, metric, {}, 1, 1000);
    }
    for (const char* metric :
         {"tikv_log_backup_observed_region", "tikv_log_backup_heap_memory",
          "tikv_log_backup_temp_file_count", "tikv_log_backup_temp_file_memory_usage",
          "tikv_resolved_ts_min_leader_resolved_ts_gap_millis", "process_start_time_seconds",
          "up"}) {
      Add(name, instance, metric, {}, 1000, 0);
    }
    Add(name, instance, "tikv_gcworker_autogc_safe_point", {}, MsToTso(kT - kHourMs),
        MsToTso(kScrapeMs));
  }

  void Add(const std::string& cluster, const std::string& instance, const std::string& metric,
           Pairs labels, double start, double step) {
    labels.insert(labels.end(), {{"__name__", metric},
                                 {"cluster", cluster},
                                 {"instance", instance},
                                 {"job", "tikv"},
                                 {"monitor", "prometheus"}});
    series.push_back({*fleet->Attach(model::Labels::Of(labels)), start, step});
  }

  void Scrape() {
    t += kScrapeMs;
    for (Series& one : series) {
      one.value += one.step;
      fleet->Apply(one.input, {t, one.value}, t);
    }
  }

  struct Series {
    Fleet::Input input;
    double value;
    double step;
  };
  std::unique_ptr<Fleet> fleet;
  std::vector<Series> series;
  model::Timestamp t = kT;
};

// Built once: it takes longer than what is measured.
Setup& SetupOf(int64_t clusters) {
  static Setup* setup = nullptr;
  static int64_t built = 0;
  if (built != clusters) {
    delete setup;
    setup = new Setup(static_cast<int>(clusters));
    built = clusters;
  }
  return *setup;
}

void BM_Fleet_ApplyScrape(benchmark::State& state) {
  Setup& setup = SetupOf(state.range(0));
  for (auto _ : state) {
    setup.Scrape();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(setup.series.size()));
}

void BM_Fleet_EvaluateAll(benchmark::State& state) {
  Setup& setup = SetupOf(state.range(0));
  for (auto _ : state) {
    setup.fleet->Evaluate(setup.t);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_Fleet_TasksJson(benchmark::State& state) {
  Setup& setup = SetupOf(state.range(0));
  size_t bytes = 0;
  for (auto _ : state) {
    std::string json;
    AppendTasksJson(*setup.fleet->snapshot(), &json);
    bytes = json.size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

void BM_Fleet_ClustersJson(benchmark::State& state) {
  Setup& setup = SetupOf(state.range(0));
  for (auto _ : state) {
    std::string json;
    AppendClustersJson(*setup.fleet->snapshot(), &json);
    benchmark::DoNotOptimize(json.data());
  }
}

void BM_Fleet_FactSeries(benchmark::State& state) {
  Setup& setup = SetupOf(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(FactSeries(*setup.fleet->snapshot()).data());
  }
}

BENCHMARK(BM_Fleet_ApplyScrape)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Fleet_EvaluateAll)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Fleet_TasksJson)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Fleet_ClustersJson)->Arg(1000)->Unit(benchmark::kMillisecond);
BENCHMARK(BM_Fleet_FactSeries)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tidemark::fleet
