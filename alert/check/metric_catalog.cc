#include "alert/check/metric_catalog.h"

#include <algorithm>
#include <string>

namespace tidemark::alert {
namespace {

using Values = std::span<const std::string_view>;

constexpr std::string_view kErrorCodes[] = {"KV:LogBackup:Encryption",
                                            "KV:LogBackup:Io",
                                            "KV:LogBackup:MalformedMetadata",
                                            "KV:LogBackup:NoSuchTask",
                                            "KV:LogBackup:ObserveCancel",
                                            "KV:LogBackup:OutOfQuota",
                                            "KV:LogBackup:Pd",
                                            "KV:LogBackup:Proto",
                                            "KV:LogBackup:RaftReq",
                                            "KV:LogBackup:RaftStore",
                                            "KV:LogBackup:Scheduler",
                                            "KV:LogBackup:Txn",
                                            "KV:LogBackup:Unknown",
                                            "KV:LogBackup:gRPC"};
constexpr std::string_view kScanReasons[] = {"leader-changed", "region-changed", "retry"};
constexpr std::string_view kEventStages[] = {"save_to_temp_file", "to_stream_event"};
constexpr std::string_view kOnEventStages[] = {"syscall_write", "write_to_tempfile"};
constexpr std::string_view kFlushStages[] = {"clear_temp_files", "generate_metadata", "save_files"};
constexpr std::string_view kUploadTypes[] = {"log", "metadata"};
constexpr std::string_view kSkipReasons[] = {"epoch-not-match", "not-leader", "region-absent",
                                             "stale-command"};
constexpr std::string_view kFamilies[] = {"default", "lock", "write"};
constexpr std::string_view kScanStages[] = {"executing", "queuing"};
constexpr std::string_view kMiscEvents[] = {"skip_resolve_no_subscription",
                                            "skip_resolve_non_leader"};
constexpr std::string_view kMetadataOperations[] = {"checkpoints_of",    "storage_checkpoint",
                                                    "task_fetch",        "task_get",
                                                    "task_report_error", "task_step"};
constexpr std::string_view kMetadataEvents[] = {"error", "task_add", "task_pause", "task_remove",
                                                "task_resume"};
constexpr std::string_view kTickSteps[] = {"get-regions-in-range", "tick", "try-advance"};
constexpr std::string_view kBatchTypes[] = {"checkpoint"};
constexpr std::string_view kResults[] = {"fail", "success"};
constexpr std::string_view kRequestFailures[] = {"epoch-not-match", "not-leader",
                                                 "retryable-scan-region"};

std::vector<KnownMetric> AllMetrics() {
  constexpr auto kTikv = Component::kTikv;
  constexpr auto kTidb = Component::kTidb;
  constexpr auto kCounter = MetricType::kCounter;
  constexpr auto kGauge = MetricType::kGauge;
  constexpr auto kHistogram = MetricType::kHistogram;
  constexpr bool kBornAtOne = true;
  std::vector<KnownMetric> metrics = {
      {"tikv_log_backup_enabled", kTikv, kCounter, {}},
      {"tikv_log_backup_internal_actor_acting_duration_sec", kTikv, kHistogram, {{"message", {}}}},
      // As released branches spell it.
      {"tikv_log_backup_interal_actor_acting_duration_sec", kTikv, kHistogram, {{"message", {}}}},
      {"tikv_log_backup_initial_scan_reason", kTikv, kCounter, {{"reason", kScanReasons}}},
      {"tikv_log_backup_event_handle_duration_sec", kTikv, kHistogram, {{"stage", kEventStages}}},
      {"tikv_log_backup_handle_kv_batch", kTikv, kHistogram, {}},
      {"tikv_log_backup_initial_scan_disk_read", kTikv, kCounter, {}},
      {"tikv_log_backup_incremental_scan_bytes", kTikv, kHistogram, {}},
      {"tikv_log_backup_skip_kv_count", kTikv, kCounter, {}},
      {"tikv_log_backup_errors", kTikv, kCounter, {{"type", kErrorCodes}}, kBornAtOne},
      {"tikv_log_backup_fatal_errors", kTikv, kCounter, {{"type", kErrorCodes}}, kBornAtOne},
      {"tikv_log_backup_heap_memory", kTikv, kGauge, {}},
      {"tikv_log_backup_on_event_duration_seconds", kTikv, kHistogram, {{"stage", kOnEventStages}}},
      {"tikv_log_backup_store_checkpoint_ts", kTikv, kGauge, {{"task", {}}}},
      {"tikv_log_backup_flush_duration_sec", kTikv, kHistogram, {{"stage", kFlushStages}}},
      {"tikv_log_backup_flush_file_size", kTikv, kHistogram, {}},
      {"tikv_log_backup_upload_file_size_bytes", kTikv, kCounter, {{"type", kUploadTypes}}},
      {"tikv_log_backup_initial_scan_duration_sec", kTikv, kHistogram, {}},
      {"tikv_log_backup_skip_retry_observe", kTikv, kCounter, {{"reason", kSkipReasons}}},
      {"tikv_log_backup_initial_scan_operations", kTikv, kCounter, {{"cf", kFamilies}, {"op", {}}}},
      {"tikv_log_backup_observed_region", kTikv, kGauge, {}},
      {"tikv_log_backup_task_status", kTikv, kGauge, {{"task", {}}}},
      {"tikv_log_backup_pending_initial_scan", kTikv, kGauge, {{"stage", kScanStages}}},
      {"tikv_log_backup_misc_events", kTikv, kCounter, {{"name", kMiscEvents}}},
      {"tikv_log_backup_resolve_duration_sec", kTikv, kHistogram, {}},
      {"tikv_log_backup_temp_file_memory_usage", kTikv, kGauge, {}},
      {"tikv_log_backup_temp_file_count", kTikv, kGauge, {}},
      {"tikv_log_backup_temp_file_swap_out_bytes", kTikv, kCounter, {}},
      {"tikv_log_backup_in_disk_temp_file_size", kTikv, kHistogram, {}},
      {"tikv_log_backup_in_disk_temp_file_poll_duration", kTikv, kHistogram, {}},
      {"tikv_log_backup_store_last_checkpoint_region_id", kTikv, kGauge, {}},
      {"tikv_log_backup_store_last_checkpoint_ts", kTikv, kGauge, {}},
      {"tikv_log_backup_active_subscription_number", kTikv, kGauge, {}},
      {"tikv_stream_metadata_operation_latency",
       kTikv,
       kHistogram,
       {{"type", kMetadataOperations}}},
      {"tikv_stream_metadata_event_count",
       kTikv,
       kCounter,
       {{"type", kMetadataEvents}},
       kBornAtOne},
      {"tikv_gcworker_autogc_safe_point", kTikv, kGauge, {}},
      {"tikv_thread_cpu_seconds_total", kTikv, kCounter, {{"name", {}}, {"tid", {}}}},
      {"tidb_log_backup_last_checkpoint", kTidb, kGauge, {{"task", {}}}},
      {"tidb_log_backup_external_storage_checkpoint", kTidb, kGauge, {{"task", {}}}},
      {"tidb_log_backup_advancer_owner", kTidb, kGauge, {}},
      {"tidb_log_backup_advancer_tick_duration_sec", kTidb, kHistogram, {{"step", kTickSteps}}},
      {"tidb_log_backup_advancer_batch_size", kTidb, kHistogram, {{"type", kBatchTypes}}},
      {"tidb_log_backup_region_request", kTidb, kCounter, {{"result", kResults}}},
      {"tidb_log_backup_region_request_failure", kTidb, kCounter, {{"reason", kRequestFailures}}},
      {"tidb_log_backup_region_checkpoint_event", kTidb, kHistogram, {{"store", {}}}},
      {"tidb_log_backup_current_last_region_id", kTidb, kGauge, {}},
      {"tidb_log_backup_current_last_region_leader_store_id", kTidb, kGauge, {}},
      {"pd_gc_gc_safepoint", Component::kPd, kGauge, {{"type", {}}}},
      {"pd_cluster_metadata", Component::kPd, kGauge, {{"type", {}}}},
  };
  std::sort(metrics.begin(), metrics.end(),
            [](const KnownMetric& a, const KnownMetric& b) { return a.name < b.name; });
  return metrics;
}

const KnownMetric* FindExact(std::string_view name) {
  static const std::vector<KnownMetric> metrics = AllMetrics();
  const auto found = std::lower_bound(
      metrics.begin(), metrics.end(), name,
      [](const KnownMetric& metric, std::string_view wanted) { return metric.name < wanted; });
  return found != metrics.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

std::string_view ToString(Component component) {
  switch (component) {
    case Component::kTikv:
      return "TiKV";
    case Component::kTidb:
      return "TiDB";
    case Component::kPd:
      return "PD";
  }
  return "";
}

std::optional<Component> ComponentOf(std::string_view metric) {
  if (metric.starts_with("tikv_")) {
    return Component::kTikv;
  }
  if (metric.starts_with("tidb_")) {
    return Component::kTidb;
  }
  if (metric.starts_with("pd_")) {
    return Component::kPd;
  }
  return std::nullopt;
}

const KnownMetric* FindMetric(std::string_view metric) {
  if (const KnownMetric* exact = FindExact(metric)) {
    return exact;
  }
  for (const std::string_view part : {"_bucket", "_sum", "_count"}) {
    if (metric.ends_with(part)) {
      const KnownMetric* whole = FindExact(metric.substr(0, metric.size() - part.size()));
      return whole != nullptr && whole->type == MetricType::kHistogram ? whole : nullptr;
    }
  }
  return nullptr;
}

bool InKnownFamily(std::string_view metric) {
  return metric.starts_with("tikv_log_backup_") || metric.starts_with("tidb_log_backup_");
}

}  // namespace tidemark::alert
