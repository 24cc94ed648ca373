#include "fleet/task/signal.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "base/string_map.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

// A condition on one label of the series; an empty name is none.
struct LabelIs {
  std::string_view name;
  std::string_view value;
};

// One metric, or a part of it. Where several rows have a signal, the first is its present name.
struct Row {
  std::string_view metric;
  Signal signal;
  Component component;
  SignalKind kind;
  std::string_view part = {};  // the label that divides the signal
  LabelIs only = {};
  LabelIs also = {};
};

constexpr auto kTikv = Component::kTikv;
constexpr auto kTidb = Component::kTidb;
constexpr auto kPd = Component::kPd;
constexpr auto kAny = Component::kUnknown;
constexpr auto kGauge = SignalKind::kGauge;
constexpr auto kCounter = SignalKind::kCounter;
constexpr auto kHeartbeat = SignalKind::kHeartbeat;

constexpr Row kRows[] = {
    {"tikv_log_backup_task_status", Signal::kTaskStatus, kTikv, kGauge, "task"},
    {"tikv_log_backup_store_checkpoint_ts", Signal::kPdCheckpoint, kTikv, kGauge, "task"},
    {"tikv_log_backup_store_last_checkpoint_ts", Signal::kStoreCheckpoint, kTikv, kGauge},
    {"tikv_log_backup_store_last_checkpoint_region_id", Signal::kStoreCheckpointRegion, kTikv,
     kGauge},
    {"tikv_log_backup_enabled", Signal::kEnabled, kTikv, kGauge},
    {"tikv_log_backup_observed_region", Signal::kObservedRegions, kTikv, kGauge},
    {"tikv_raftstore_region_count", Signal::kLeaders, kTikv, kGauge, {}, {"type", "leader"}},
    {"tikv_log_backup_flush_duration_sec_count",
     Signal::kFlushes,
     kTikv,
     kCounter,
     {},
     {"stage", "save_files"}},
    {"tikv_log_backup_flush_duration_sec_count",
     Signal::kFlushAttempts,
     kTikv,
     kCounter,
     {},
     {"stage", "generate_metadata"}},
    {"tikv_log_backup_flush_duration_sec_sum",
     Signal::kFlushSeconds,
     kTikv,
     kCounter,
     {},
     {"stage", "save_files"}},
    {"tikv_log_backup_flush_file_size_sum", Signal::kFlushBytes, kTikv, kCounter},
    {"tikv_log_backup_flush_file_size_count", Signal::kFlushFiles, kTikv, kCounter},
    {"tikv_log_backup_upload_file_size_bytes",
     Signal::kUploadBytes,
     kTikv,
     kCounter,
     {},
     {"type", "log"}},
    {"tikv_log_backup_errors", Signal::kErrors, kTikv, kCounter, "type"},
    {"tikv_log_backup_fatal_errors", Signal::kFatalErrors, kTikv, kCounter, "type"},
    {"tikv_log_backup_misc_events",
     Signal::kIdleBeats,
     kTikv,
     kCounter,
     {},
     {"name", "skip_resolve_no_subscription"}},
    {"tikv_log_backup_misc_events",
     Signal::kNonLeaderSkips,
     kTikv,
     kCounter,
     {},
     {"name", "skip_resolve_non_leader"}},
    {"tikv_log_backup_internal_actor_acting_duration_sec_count", Signal::kActorMessages, kTikv,
     kHeartbeat, "message"},
    // Up to TiKV 8.5 the name was misspelt.
    {"tikv_log_backup_interal_actor_acting_duration_sec_count", Signal::kActorMessages, kTikv,
     kHeartbeat, "message"},
    {"tikv_log_backup_initial_scan_reason", Signal::kScanReasons, kTikv, kCounter, "reason"},
    {"tikv_log_backup_pending_initial_scan",
     Signal::kQueuedScans,
     kTikv,
     kGauge,
     {},
     {"stage", "queuing"}},
    {"tikv_log_backup_initial_scan_disk_read", Signal::kScanDiskBytes, kTikv, kCounter},
    {"tikv_log_backup_handle_kv_batch_sum", Signal::kEvents, kTikv, kCounter},
    {"tikv_log_backup_heap_memory", Signal::kHeapBytes, kTikv, kGauge},
    {"tikv_log_backup_temp_file_memory_usage", Signal::kTempMemory, kTikv, kGauge},
    {"tikv_log_backup_temp_file_count", Signal::kTempFiles, kTikv, kGauge},
    {"tikv_log_backup_temp_file_swap_out_bytes", Signal::kSwappedOutBytes, kTikv, kCounter},
    {"tikv_log_backup_active_subscription_number", Signal::kSubscriptions, kTikv, kGauge},
    {"tikv_stream_metadata_event_count", Signal::kTaskEvents, kTikv, kCounter, "type"},
    {"tikv_gcworker_autogc_safe_point", Signal::kStoreSafePoint, kTikv, kGauge},
    {"tikv_resolved_ts_min_leader_resolved_ts_gap_millis", Signal::kResolvedGapMs, kTikv, kGauge},
    {"tikv_resolved_ts_min_leader_resolved_ts_region", Signal::kResolvedRegion, kTikv, kGauge},
    {"tikv_resolved_ts_min_leader_resolved_ts_region_min_lock_ts", Signal::kMinLock, kTikv, kGauge},
    {"tikv_import_ingest_duration_count",
     Signal::kIngests,
     kTikv,
     kCounter,
     {},
     {"type", "ingest"}},
    {"tikv_engine_flow_bytes",
     Signal::kEngineBytes,
     kTikv,
     kCounter,
     {},
     {"type", "bytes_written"},
     {"db", "kv"}},
    {"tikv_store_size_bytes", Signal::kAvailableBytes, kTikv, kGauge, {}, {"type", "available"}},
    {"tidb_log_backup_last_checkpoint", Signal::kCheckpoint, kTidb, kGauge, "task"},
    {"tidb_log_backup_external_storage_checkpoint", Signal::kStorageCheckpoint, kTidb, kGauge,
     "task"},
    {"tidb_log_backup_advancer_owner", Signal::kOwner, kTidb, kGauge},
    {"tidb_log_backup_advancer_tick_duration_sec_count",
     Signal::kTicks,
     kTidb,
     kCounter,
     {},
     {"step", "tick"}},
    {"tidb_log_backup_advancer_tick_duration_sec_sum",
     Signal::kTickSeconds,
     kTidb,
     kCounter,
     {},
     {"step", "tick"}},
    {"tidb_log_backup_advancer_tick_duration_sec_count",
     Signal::kAdvanceTries,
     kTidb,
     kCounter,
     {},
     {"step", "try-advance"}},
    {"tidb_log_backup_region_request",
     Signal::kRegionRequests,
     kTidb,
     kCounter,
     {},
     {"result", "success"}},
    {"tidb_log_backup_region_request_failure", Signal::kRegionFailures, kTidb, kCounter, "reason"},
    {"tidb_log_backup_region_checkpoint_event_count", Signal::kFlushEvents, kTidb, kCounter,
     "store"},
    {"tidb_log_backup_current_last_region_id", Signal::kLastRegion, kTidb, kGauge},
    {"pd_cluster_metadata", Signal::kClusterId, kPd, kGauge, "type"},
    {"pd_gc_gc_safepoint", Signal::kPdSafePoint, kPd, kGauge, {}, {"type", "gc_safepoint"}},
    {"process_start_time_seconds", Signal::kProcessStart, kAny, kGauge},
    {"process_resident_memory_bytes", Signal::kResidentBytes, kAny, kGauge},
    {"up", Signal::kUp, kAny, kGauge},
    {"tikv_server_info", Signal::kVersion, kTikv, kGauge, "version"},
    {"tidb_server_info", Signal::kVersion, kTidb, kGauge, "version"},
    {"pd_server_info", Signal::kVersion, kPd, kGauge, "version"},
};

bool Holds(LabelIs condition, model::LabelsView series) {
  return condition.name.empty() || series.Get(condition.name) == condition.value;
}

using RowsByMetric = base::StringMap<std::vector<const Row*>>;

const RowsByMetric& RowsOfMetrics() {
  static const RowsByMetric* const rows = [] {
    auto* by_metric = new RowsByMetric;  // lives as long as the process
    for (const Row& row : kRows) {
      (*by_metric)[std::string(row.metric)].push_back(&row);
    }
    return by_metric;
  }();
  return *rows;
}

using InfoTable = std::array<SignalInfo, kSignalCount>;

constexpr InfoTable MakeInfos() {
  InfoTable infos{};
  for (const Row& row : kRows) {
    SignalInfo& info = infos[static_cast<size_t>(row.signal)];
    if (info.metric.empty()) {
      info = {row.kind, row.metric, row.part};
    }
  }
  return infos;
}
constexpr InfoTable kInfos = MakeInfos();
static_assert(std::all_of(kInfos.begin(), kInfos.end(),
                          [](const SignalInfo& info) { return !info.metric.empty(); }),
              "every signal has a row");

}  // namespace

std::string_view ToString(Component component) {
  constexpr std::string_view kTexts[] = {"unknown", "tikv", "tidb", "pd"};
  return kTexts[static_cast<size_t>(component)];
}

const SignalInfo& InfoOf(Signal signal) { return kInfos[static_cast<size_t>(signal)]; }

std::optional<SignalOfSeries> ReadSignal(model::LabelsView series) {
  const auto rows = RowsOfMetrics().find(series.metric_name());
  if (rows == RowsOfMetrics().end()) {
    return std::nullopt;
  }
  for (const Row* row : rows->second) {
    if (Holds(row->only, series) && Holds(row->also, series)) {
      return SignalOfSeries{row->signal, row->component,
                            row->part.empty() ? std::string_view{} : series.Get(row->part)};
    }
  }
  return std::nullopt;
}

std::string SeriesText(Signal signal, std::string_view part, std::string_view instance) {
  const Row* row = std::find_if(std::begin(kRows), std::end(kRows),
                                [signal](const Row& r) { return r.signal == signal; });
  std::string text = fmt::format("{}{{instance=\"{}\"", row->metric, instance);
  for (const LabelIs& label : {row->only, row->also, LabelIs{row->part, part}}) {
    if (!label.name.empty()) {
      text += fmt::format(", {}=\"{}\"", label.name, label.value);
    }
  }
  return text + "}";
}

std::vector<std::string_view> SignalMetrics() {
  std::vector<std::string_view> metrics;
  for (const auto& [metric, rows] : RowsOfMetrics()) {
    metrics.push_back(rows.front()->metric);
  }
  std::sort(metrics.begin(), metrics.end());
  return metrics;
}

}  // namespace tidemark::fleet
