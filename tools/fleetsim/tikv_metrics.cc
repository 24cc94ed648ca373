// What a TiKV store exports about log backup, with the numbers of its neighbours that the Backup
// Log dashboard and its alerts use. Names, labels and bucket bounds are those of TiKV's source.
#include <cmath>

#include "tools/fleetsim/metric_table.h"
#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {
namespace {

constexpr double kMillisecondBounds[] = {0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064,  0.128,
                                         0.256, 0.512, 1.024, 2.048, 4.096, 8.192, 16.384, 32.768};
constexpr double kDoublingBounds[] = {1,   2,   4,    8,    16,   32,   64,    128,
                                      256, 512, 1024, 2048, 4096, 8192, 16384, 32768};
constexpr double kScanByteBounds[] = {64,     128,    256,     512,    1024,  2048,
                                      4096,   8192,   16384,   32768,  65536, 131072,
                                      262144, 524288, 1048576, 2097152};
constexpr double kFlushFileBounds[] = {1024,    2048,    4096,     8192,    16384,   32768,
                                       65536,   131072,  262144,   524288,  1048576, 2097152,
                                       4194304, 8388608, 16777216, 33554432};
constexpr double kTempFileBounds[] = {1048576,  2097152,  4194304,  8388608,
                                      16777216, 33554432, 67108864, 134217728};
constexpr double kPollBounds[] = {0.001, 0.002, 0.004, 0.008, 0.016,
                                  0.032, 0.064, 0.128, 0.256, 0.512};

constexpr bool kSeconds = false;
constexpr bool kWhole = true;

// KV changes in one observed batch, on average.
constexpr double kBatch = 6;
// Buffered bytes of one KV change, before compression.
constexpr double kEventBytes = 180;
// More than this is spilled.
constexpr double kBufferBytes = 512.0 * 1024 * 1024;
constexpr char kTask[] = "pitr";

using State = InstanceState;
using Gauge = std::optional<double>;

Gauge WhenLoaded(const State& s, double v) { return s.task_loaded ? Gauge(v) : std::nullopt; }
uint64_t Logical(const State& s, int64_t ms) { return Key(s.key, ms) % 40; }
double Ident(uint64_t key, double limit) { return std::floor(Between(key, 1, limit)); }
bool Observing(const State& s) { return s.task_loaded && s.task_status == 0; }

void AddActor(MetricTable* t) {
  t->Histogram("tikv_log_backup_internal_actor_acting_duration_sec",
               "Time the endpoint takes for a message.", kMillisecondBounds, kSeconds);
  const auto add = [t](const char* message, Pace pace, double median) {
    t->AddHistogram({{"message", message}}, pace, median, 0.9);
  };
  add("watch_task.add", {Clock::kTaskAdds}, 0.03);
  add("watch_task.pause", {Clock::kTaskPauses}, 0.004);
  add("watch_task.resume", {Clock::kTaskResumes}, 0.03);
  add("batch_event", {Clock::kEvents, 1 / (kBatch * 4)}, 0.0004);
  add("flush", {Clock::kTask, 0.2}, 0.0002);
  add("flush_with_min_ts", {Clock::kFlushAttempts}, 0.001);
  add("fatal_error", {Clock::kFatalErrors}, 0.02);
  add("get_checkpoints", {Clock::kEndpoint, 0.1}, 0.002);
  add("update_global_checkpoint", {Clock::kTask, 0.2}, 0.0003);
  add("modify_observe.start", {Clock::kScans}, 0.0006);
  add("modify_observe.stop", {Clock::kScans, 0.6}, 0.0003);
  add("modify_observe.destroy", {Clock::kScans, 0.2}, 0.0003);
  add("modify_observe.refresh_resolver", {Clock::kScans, 0.4}, 0.0005);
  add("modify_observe.retry", {Clock::kScans, 0.05}, 0.0005);
  add("modify_observe.resolve", {Clock::kTask, 0.1}, 0.012);
}

void AddStream(MetricTable* t) {
  t->Histogram("tikv_log_backup_event_handle_duration_sec", "Time to handle a batch of events.",
               kMillisecondBounds, kSeconds);
  t->AddHistogram({{"stage", "to_stream_event"}}, {Clock::kEvents, 1 / kBatch}, 0.0001, 1.2);
  t->AddHistogram({{"stage", "save_to_temp_file"}}, {Clock::kEvents, 1 / kBatch}, 0.0005, 1.1);
  t->Histogram("tikv_log_backup_handle_kv_batch", "KV changes in a batch.", kDoublingBounds,
               kWhole);
  t->AddHistogram({}, {Clock::kEvents, 1 / kBatch}, 3.6, 1.0);
  t->Counter("tikv_log_backup_skip_kv_count", "Events left out as useless.");
  t->AddCounter({}, {Clock::kEvents, 0.35});
  t->Gauge("tikv_log_backup_heap_memory", "Bytes of events in flight.");
  t->AddGauge({}, [](const State& s) {
    return WhenLoaded(s, std::floor(s.events_per_second * kEventBytes *
                                    Between(Key(s.key, s.now_ms / 5000), 0.1, 1.5)));
  });
  t->Histogram("tikv_log_backup_on_event_duration_seconds", "Time to write events to temp files.",
               kMillisecondBounds, kSeconds);
  t->AddHistogram({{"stage", "write_to_tempfile"}}, {Clock::kEvents, 1 / kBatch}, 0.0004, 1.1);
  t->AddHistogram({{"stage", "syscall_write"}}, {Clock::kEvents, 0.7 / kBatch}, 0.00006, 1.4);
}

void AddErrors(MetricTable* t) {
  t->Counter("tikv_log_backup_errors", "Errors that are retried or ignored.");
  t->AddCounter({{"type", "KV:LogBackup:ObserveCancel"}}, {Clock::kScans, 0.02});
  t->AddCounter({{"type", "KV:LogBackup:RaftReq"}}, {Clock::kScans, 0.01});
  t->AddCounter({{"type", "KV:LogBackup:Pd"}}, {Clock::kTask, 1e-6});
  t->AddCounter({{"type", "KV:LogBackup:gRPC"}}, {Clock::kTask, 5e-7});
  t->AddCounter({{"type", "KV:LogBackup:Io"}}, {Clock::kFailures});
  t->Counter("tikv_log_backup_fatal_errors", "Errors that stop the task.");
  t->AddCounter({{"type", "KV:LogBackup:Io"}}, {Clock::kFatalErrors});
}

void AddFlush(MetricTable* t) {
  t->Histogram("tikv_log_backup_flush_duration_sec", "Time of a phase of flushing.",
               kDoublingBounds, kSeconds);
  t->AddHistogram({{"stage", "generate_metadata"}}, {Clock::kFlushAttempts}, 0.05, 0.8);
  t->AddHistogram({{"stage", "save_files"}}, {Clock::kFlushes}, 6, 0.5);
  t->AddHistogram({{"stage", "clear_temp_files"}}, {Clock::kFlushes}, 0.2, 0.7);
  t->Histogram("tikv_log_backup_flush_file_size", "Compressed size of a flushed file.",
               kFlushFileBounds, kWhole);
  t->AddHistogram({}, {Clock::kFlushedEvents, 1e-4}, 350'000, 1.3);
  t->Counter("tikv_log_backup_upload_file_size_bytes", "Bytes put to the object storage.");
  t->AddCounter({{"type", "log"}}, {Clock::kFlushedEvents, 62});
  t->AddCounter({{"type", "metadata"}}, {Clock::kFlushedEvents, 0.4});
}

constexpr const char* kScanOps[] = {"read_bytes",
                                    "read_keys",
                                    "get",
                                    "next",
                                    "prev",
                                    "seek",
                                    "seek_for_prev",
                                    "over_seek_bound",
                                    "next_tombstone",
                                    "prev_tombstone",
                                    "seek_tombstone",
                                    "seek_for_prev_tombstone"};

// Operations of one scan; the lock column family is nearly empty.
double OpsPerScan(size_t cf, size_t op) {
  constexpr double kBytes[] = {40'000, 90'000, 300};
  constexpr double kKeys[] = {300, 900, 4};
  return op == 0 ? kBytes[cf] : kKeys[cf] / (1.0 + 3 * static_cast<double>(op - 1));
}

void AddScanOperations(MetricTable* t) {
  t->Counter("tikv_log_backup_initial_scan_operations", "Engine operations of scans.");
  constexpr const char* kFamilies[] = {"default", "write", "lock"};
  for (size_t cf = 0; cf < std::size(kFamilies); ++cf) {
    for (size_t op = 0; op < std::size(kScanOps); ++op) {
      t->AddCounter({{"cf", kFamilies[cf]}, {"op", kScanOps[op]}},
                    {Clock::kScans, OpsPerScan(cf, op)});
    }
  }
}

void AddScans(MetricTable* t) {
  t->Counter("tikv_log_backup_initial_scan_reason", "Why region scans were started.");
  t->AddCounter({{"reason", "leader-changed"}}, {Clock::kLeaderScans});
  t->AddCounter({{"reason", "region-changed"}}, {Clock::kTask, 0.004});
  t->AddCounter({{"reason", "retry"}}, {Clock::kScans, 0.03});
  t->Counter("tikv_log_backup_initial_scan_disk_read", "Bytes scans read from the device.");
  t->AddCounter({}, {Clock::kScans, 52'000});
  t->Histogram("tikv_log_backup_incremental_scan_bytes", "Bytes of events of a scan step.",
               kScanByteBounds, kWhole);
  t->AddHistogram({}, {Clock::kScans, 3}, 9'000, 1.6);
  t->Histogram("tikv_log_backup_initial_scan_duration_sec", "Time of a region scan.",
               kMillisecondBounds, kSeconds);
  t->AddHistogram({}, {Clock::kScans}, 0.08, 1.1);
  t->Counter("tikv_log_backup_skip_retry_observe", "Observations given up as not needed.");
  t->AddCounter({{"reason", "not-leader"}}, {Clock::kScans, 0.02});
  t->AddCounter({{"reason", "stale-command"}}, {Clock::kScans, 0.01});
  t->AddCounter({{"reason", "epoch-not-match"}}, {Clock::kTask, 5e-7});
  AddScanOperations(t);
  t->Gauge("tikv_log_backup_pending_initial_scan", "Scans waiting and running.");
  t->AddGauge({{"stage", "queuing"}},
              [](const State& s) { return WhenLoaded(s, std::max(0.0, s.scans_left - 6)); });
  t->AddGauge({{"stage", "executing"}},
              [](const State& s) { return WhenLoaded(s, std::min(6.0, s.scans_left)); });
}

void AddTask(MetricTable* t) {
  t->Gauge("tikv_log_backup_store_checkpoint_ts", "Checkpoint of the task as PD has it.");
  t->AddGauge({{"task", kTask}}, [](const State& s) {
    return WhenLoaded(s, Tso(s.store_checkpoint_ms, s.store_checkpoint_ms % 7));
  });
  t->Gauge("tikv_log_backup_task_status", "0 running, 1 paused, 2 error.");
  t->AddGauge({{"task", kTask}}, [](const State& s) { return WhenLoaded(s, s.task_status); });
  t->Gauge("tikv_log_backup_observed_region", "Regions under observation.");
  t->AddGauge({}, [](const State& s) {
    const double lost = s.region_lost ? 1 : 0;
    return WhenLoaded(s, Observing(s) ? std::max(0.0, s.regions - s.scans_left - lost) : 0.0);
  });
  t->Counter("tikv_log_backup_misc_events", "Events without a metric of their own.");
  t->AddCounter({{"name", "skip_resolve_non_leader"}}, {Clock::kTask, 0.002});
  t->AddCounter({{"name", "skip_resolve_no_subscription"}}, {Clock::kIdle, 0.1});
  t->Histogram("tikv_log_backup_resolve_duration_sec", "Time of a round of resolving.",
               kMillisecondBounds, kSeconds);
  t->AddHistogram({}, {Clock::kTask, 0.1}, 0.012, 0.6);
  t->Gauge("tikv_log_backup_store_last_checkpoint_region_id", "Region of the store's minimum.");
  t->AddGauge({}, [](const State& s) {
    return WhenLoaded(s, Ident(Key(s.key, 1, s.store_last_checkpoint_ms / 60'000), 90'000));
  });
  t->Gauge("tikv_log_backup_store_last_checkpoint_ts", "Minimum resolved timestamp of the store.");
  t->AddGauge({}, [](const State& s) -> Gauge {
    const int64_t ms = s.store_last_checkpoint_ms;
    return ms == 0 ? std::nullopt : Gauge(Tso(ms, Logical(s, ms)));
  });
  t->Gauge("tikv_log_backup_active_subscription_number", "Subscriptions of advancers.");
  t->AddGauge({}, [](const State& s) { return WhenLoaded(s, 1); });
}

void AddTempFiles(MetricTable* t) {
  t->Gauge("tikv_log_backup_temp_file_memory_usage", "Bytes of buffered files.");
  t->AddGauge({}, [](const State& s) {
    return WhenLoaded(s, std::min(kBufferBytes, std::floor(s.buffered_events * kEventBytes)));
  });
  t->Gauge("tikv_log_backup_temp_file_count", "Buffered files.");
  t->AddGauge({}, [](const State& s) {
    return WhenLoaded(s, std::ceil(std::min(s.buffered_events, 40 + s.buffered_events / 9000)));
  });
  t->Counter("tikv_log_backup_temp_file_swap_out_bytes", "Bytes spilled to disk.");
  t->AddCounter({}, {Clock::kSwapOuts, 9'400'000});
  t->Histogram("tikv_log_backup_in_disk_temp_file_size", "Size of a spilled file.", kTempFileBounds,
               kWhole);
  t->AddHistogram({}, {Clock::kSwapOuts}, 8'000'000, 0.7);
  t->Histogram("tikv_log_backup_in_disk_temp_file_poll_duration", "Time of a read of a temp file.",
               kPollBounds, kSeconds);
  t->AddHistogram({}, {Clock::kFlushes, 40}, 0.0008, 1.2);
}

void AddMetadata(MetricTable* t) {
  t->Histogram("tikv_stream_metadata_operation_latency", "Latency of metadata operations.",
               kMillisecondBounds, kSeconds);
  t->AddHistogram({{"type", "task_get"}}, {Clock::kTaskAdds}, 0.003, 0.8);
  t->AddHistogram({{"type", "storage_checkpoint"}}, {Clock::kFlushes}, 0.006, 0.8);
  t->AddHistogram({{"type", "checkpoints_of"}}, {Clock::kTask, 0.2}, 0.003, 0.8);
  t->AddHistogram({{"type", "task_report_error"}}, {Clock::kFatalErrors}, 0.006, 0.8);
  t->Counter("tikv_stream_metadata_event_count", "Watch events received.");
  t->AddCounter({{"type", "task_add"}}, {Clock::kTaskAdds});
  t->AddCounter({{"type", "task_pause"}}, {Clock::kTaskPauses});
  t->AddCounter({{"type", "task_resume"}}, {Clock::kTaskResumes});
}

void AddThreads(MetricTable* t) {
  t->Counter("tikv_thread_cpu_seconds_total", "CPU time of a thread.");
  constexpr double kTicksPerSecond = 100;
  t->AddCounter({{"name", "backup_stream"}, {"tid", "141"}}, {Clock::kEvents, 2.4e-3},
                kTicksPerSecond);
  t->AddCounter({{"name", "backup_stream"}, {"tid", "142"}}, {Clock::kEvents, 1.9e-3},
                kTicksPerSecond);
  t->AddCounter({{"name", "log_backup_scan"}, {"tid", "155"}}, {Clock::kScans, 1.5},
                kTicksPerSecond);
  t->AddCounter({{"name", "log_backup_scan"}, {"tid", "156"}}, {Clock::kScans, 1.4},
                kTicksPerSecond);
}

void AddResolvedTs(MetricTable* t) {
  t->Gauge("tikv_resolved_ts_min_leader_resolved_ts", "Minimum resolved timestamp of leaders.");
  t->AddGauge(
      {}, [](const State& s) -> Gauge { return Tso(s.resolved_ms, Logical(s, s.resolved_ms)); });
  t->Gauge("tikv_resolved_ts_min_leader_resolved_ts_gap_millis", "Its distance from now.");
  t->AddGauge(
      {}, [](const State& s) -> Gauge { return static_cast<double>(s.now_ms - s.resolved_ms); });
  t->Gauge("tikv_resolved_ts_min_leader_resolved_ts_region", "Its region.");
  t->AddGauge({}, [](const State& s) -> Gauge {
    return Ident(Key(s.key, 2, s.resolved_ms / 30'000), 90'000);
  });
  t->Gauge("tikv_resolved_ts_min_leader_resolved_ts_region_min_lock_ts", "Its oldest lock.");
  t->AddGauge({}, [](const State& s) -> Gauge {
    const bool locked = s.lock_ms || Key(s.key, 3, s.resolved_ms / 30'000) % 5 == 0;
    return locked ? Tso(s.resolved_ms, Logical(s, s.resolved_ms)) : 0.0;
  });
}

void AddStore(MetricTable* t) {
  t->Gauge("tikv_gcworker_autogc_safe_point", "GC safe point this store has polled.");
  t->AddGauge({}, [](const State& s) -> Gauge { return Tso(s.gc_safe_point_ms, 0); });
  t->Gauge("tikv_raftstore_region_count", "Regions of this store.");
  t->AddGauge({{"type", "leader"}}, [](const State& s) -> Gauge { return s.regions; });
  t->AddGauge({{"type", "region"}}, [](const State& s) -> Gauge { return s.regions * 3; });
  t->Gauge("process_start_time_seconds", "Start of the process, seconds since the Unix epoch.");
  t->AddGauge({}, [](const State& s) -> Gauge {
    return std::floor(static_cast<double>(s.start_ms) / 1000);
  });
  t->Gauge("process_resident_memory_bytes", "Resident memory.");
  t->AddGauge({}, [](const State& s) -> Gauge {
    const double grown = 8e9 * (1 - std::exp(-s.clock(Clock::kUptime) / 40'000));
    return 4096 * std::floor((1.2e9 + grown + s.buffered_events * kEventBytes) / 4096);
  });
}

}  // namespace

MetricTable TikvTable() {
  MetricTable t(NumberStyle::kRust);
  t.Counter("tikv_log_backup_enabled", "Whether the log backup endpoint was made.");
  t.AddGauge({}, [](const State&) -> Gauge { return 1; });
  AddActor(&t);
  AddStream(&t);
  AddErrors(&t);
  AddFlush(&t);
  AddScans(&t);
  AddTask(&t);
  AddTempFiles(&t);
  AddMetadata(&t);
  AddThreads(&t);
  AddResolvedTs(&t);
  AddStore(&t);
  return t;
}

}  // namespace tidemark::fleetsim
