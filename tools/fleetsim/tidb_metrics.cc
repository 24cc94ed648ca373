// What a TiDB server and a PD server export about log backup. Every TiDB shows three plain gauges;
// the advancer owner, and who has been it, show the rest.
#include <cmath>

#include "fmt/format.h"
#include "tools/fleetsim/metric_table.h"
#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {
namespace {

constexpr double kTickBounds[] = {0.01, 0.03, 0.09, 0.27, 0.81, 2.43, 7.29, 21.87};
constexpr double kBatchBounds[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048};
constexpr double kEventBounds[] = {8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384};
constexpr bool kSeconds = false;
constexpr bool kWhole = true;
constexpr double kTicksPerSecond = 1.0 / 12;
constexpr char kTask[] = "pitr";

using State = InstanceState;
using Gauge = std::optional<double>;

Gauge OnOwner(const State& s, int64_t checkpoint_ms) {
  return s.tells_checkpoint && checkpoint_ms > s.task_start_ms
             ? Gauge(Tso(checkpoint_ms, checkpoint_ms % 7))
             : std::nullopt;
}

double LastRegion(const State& s, uint64_t what, double limit) {
  return s.was_owner ? std::floor(Between(Key(s.key, what, s.global_checkpoint_ms), 1, limit)) : 0;
}

void AddCheckpoint(MetricTable* t) {
  t->Gauge("tidb_log_backup_last_checkpoint", "Global checkpoint of the task.");
  t->AddGauge({{"task", kTask}}, [](const State& s) { return OnOwner(s, s.global_checkpoint_ms); });
  t->Gauge("tidb_log_backup_external_storage_checkpoint", "Checkpoint kept in the storage.");
  t->AddGauge({{"task", kTask}},
              [](const State& s) { return OnOwner(s, s.persisted_checkpoint_ms); });
  t->Gauge("tidb_log_backup_advancer_owner", "Whether this server is the advancer owner.");
  t->AddGauge({}, [](const State& s) -> Gauge { return s.owner ? 1 : 0; });
  t->Gauge("tidb_log_backup_current_last_region_id", "Region with the smallest checkpoint.");
  t->AddGauge({}, [](const State& s) -> Gauge { return LastRegion(s, 1, 90'000); });
  t->Gauge("tidb_log_backup_current_last_region_leader_store_id", "Leader store of that region.");
  t->AddGauge({}, [](const State& s) -> Gauge { return LastRegion(s, 2, 9); });
}

void AddAdvancer(MetricTable* t, int tikv_stores) {
  t->Histogram("tidb_log_backup_advancer_tick_duration_sec", "Time of a step of the advancer.",
               kTickBounds, kSeconds);
  t->AddHistogram({{"step", "tick"}}, {Clock::kOwner, kTicksPerSecond}, 0.05, 0.7);
  t->AddHistogram({{"step", "try-advance"}}, {Clock::kPolls}, 0.2, 0.7);
  t->AddHistogram({{"step", "get-regions-in-range"}}, {Clock::kPolls, 2}, 0.03, 0.7);
  t->Histogram("tidb_log_backup_advancer_batch_size", "Regions of a checkpoint request.",
               kBatchBounds, kWhole);
  t->AddHistogram({{"type", "checkpoint"}}, {Clock::kPolls}, 40, 1.2);
  t->Histogram("tidb_log_backup_region_checkpoint_event", "Flush events received.", kEventBounds,
               kWhole);
  for (int store = 1; store <= tikv_stores; ++store) {
    t->AddHistogram({{"store", fmt::format("{}", store)}}, {Clock::kOwner, 1.0 / 37}, 120, 1.2);
  }
}

void AddRequests(MetricTable* t) {
  t->Counter("tidb_log_backup_region_request", "Answers to checkpoint requests.");
  t->AddCounter({{"result", "success"}}, {Clock::kPolls, 40});
  t->AddCounter({{"result", "fail"}}, {Clock::kPolls, 0.3});
  t->Counter("tidb_log_backup_region_request_failure", "Why region requests failed.");
  t->AddCounter({{"reason", "epoch-not-match"}}, {Clock::kPolls, 0.2});
  t->AddCounter({{"reason", "not-leader"}}, {Clock::kPolls, 0.1});
  t->AddCounter({{"reason", "retryable-scan-region"}}, {Clock::kPolls, 2});
}

void AddProcess(MetricTable* t) {
  t->Gauge("process_start_time_seconds", "Start of the process, seconds since the Unix epoch.");
  t->AddGauge({}, [](const State& s) -> Gauge {
    return std::floor(static_cast<double>(s.start_ms) / 10) / 100;
  });
}

}  // namespace

MetricTable TidbTable(int tikv_stores) {
  MetricTable t(NumberStyle::kGo);
  AddCheckpoint(&t);
  AddAdvancer(&t, tikv_stores);
  AddRequests(&t);
  AddProcess(&t);
  return t;
}

MetricTable PdTable(uint64_t cluster_id) {
  MetricTable t(NumberStyle::kGo);
  t.Gauge("pd_cluster_metadata", "Identity of the cluster.");
  t.AddGauge({{"type", fmt::format("cluster{}", cluster_id)}},
             [](const State&) -> Gauge { return 0; });
  t.Gauge("pd_gc_gc_safepoint", "GC safe point.");
  t.AddGauge({{"type", "gc_safepoint"}},
             [](const State& s) -> Gauge { return Tso(s.gc_safe_point_ms, 0); });
  AddProcess(&t);
  return t;
}

}  // namespace tidemark::fleetsim
