// Signal: what a series that the fleet looks at tells, whatever the version of TiKV or TiDB that
// exports it calls it.
//
// The table in signal.cc names them all. A series outside of it is not looked at.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"

namespace tidemark::fleet {

enum class Component : uint8_t { kUnknown, kTikv, kTidb, kPd };

// "tikv", "tidb", "pd"; "unknown".
std::string_view ToString(Component component);

enum class Signal : uint8_t {
  // Of a TiKV.
  kTaskStatus,       // by task: 0 running, 1 paused, 2 failed
  kPdCheckpoint,     // by task, TSO: the checkpoint as TiKV reads it from PD
  kStoreCheckpoint,  // TSO: the store's own minimum, before flushing
  kStoreCheckpointRegion,
  kEnabled,
  kObservedRegions,
  kLeaders,
  kFlushes,  // flushes that succeeded
  kFlushAttempts,
  kFlushSeconds,  // spent on uploading
  kFlushBytes,
  kFlushFiles,
  kUploadBytes,  // put to the storage, for flushes that fail as well
  kErrors,       // by type
  kFatalErrors,  // by type
  kIdleBeats,    // the store observes nothing: ticks every 10 s
  kNonLeaderSkips,
  kActorMessages,  // by message: the endpoint lives
  kScanReasons,    // by reason
  kQueuedScans,
  kScanDiskBytes,
  kEvents,  // changes of keys handled
  kHeapBytes,
  kTempMemory,
  kTempFiles,
  kSwappedOutBytes,
  kSubscriptions,
  kTaskEvents,      // by type: task_add, task_remove, task_pause, task_resume, error
  kStoreSafePoint,  // TSO: the GC safe point that the store polled
  kResolvedGapMs,
  kResolvedRegion,
  kMinLock,  // TSO
  kIngests,
  kEngineBytes,
  kAvailableBytes,
  // Of a TiDB.
  kCheckpoint,         // by task, TSO: only on the owner of the advancer
  kStorageCheckpoint,  // by task, TSO: what is in the backup storage
  kOwner,
  kTicks,
  kTickSeconds,
  kAdvanceTries,
  kRegionRequests,
  kRegionFailures,  // by reason
  kFlushEvents,     // by store
  kLastRegion,
  // Of PD.
  kClusterId,    // the id is the value of a label
  kPdSafePoint,  // TSO
  // Of any.
  kProcessStart,  // seconds since the epoch
  kResidentBytes,
  kUp,
  kVersion,  // the version is the value of a label
};

inline constexpr size_t kSignalCount = static_cast<size_t>(Signal::kVersion) + 1;

enum class SignalKind : uint8_t {
  kGauge,
  kCounter,    // increases of the last half hour are kept
  kHeartbeat,  // a counter of which only the time of the last increase counts
};

// What is known of a signal without any series.
struct SignalInfo {
  SignalKind kind = SignalKind::kGauge;
  std::string_view metric;  // its name in the newest versions
  std::string_view part_label;
};
const SignalInfo& InfoOf(Signal signal);

// What one series tells. The views are of the series' labels.
struct SignalOfSeries {
  Signal signal = Signal::kUp;
  Component component = Component::kUnknown;  // unknown where several export the metric
  std::string_view part;  // the task, error type, reason, …: value of the label that divides it
};

// None for a series that is not looked at.
std::optional<SignalOfSeries> ReadSignal(model::LabelsView series);

// A series of the signal as PromQL has it, without the labels of its cluster:
// tikv_log_backup_errors{instance="10.0.0.1:20180", type="KV:LogBackup:Pd"}.
std::string SeriesText(Signal signal, std::string_view part, std::string_view instance);

// Every metric name of the table once, to select the series by.
std::vector<std::string_view> SignalMetrics();

}  // namespace tidemark::fleet
