// Finding is one thing that is wrong with a cluster, or may become so, with what it rests on.
//
// FindingInfo is what is the same for all findings of a kind: the name by which rules, people and
// the API know it, the action to take, where to read on. Plain values.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/task/track.h"
#include "model/sample.h"

namespace tidemark::fleet {

// In rising order.
enum class Severity : uint8_t { kInfo, kWarning, kCritical };
enum class Confidence : uint8_t { kLow, kMedium, kHigh };

// "info", "warning", "critical"; "low", "medium", "high".
std::string_view ToString(Severity severity);
std::string_view ToString(Confidence confidence);

enum class FindingKind : uint8_t {
  // Of a cluster as a whole.
  kClusterSilent,
  kExpectedClusterMissing,
  kIdentityCollision,
  kClusterRebuilt,
  kDeliveryLate,
  kClockSkew,
  // Of a task.
  kDataLost,
  kProtectionEnding,
  kTaskFailed,
  kTaskOrphaned,
  kTaskPaused,
  kFalseAutomaticPause,
  kCheckpointLagging,
  kCheckpointUntold,
  kCheckpointNotInPd,
  kCheckpointNotInStorage,
  kTaskRestartedStuck,
  kGcHeldBack,
  // Of the advancer.
  kAdvancerStuck,
  kNoAdvancerOwner,
  kSeveralAdvancerOwners,
  kAdvancerNotTicking,
  kAdvancerTickSlow,
  kPollingOnly,
  // Of what holds the checkpoint.
  kLargeTransaction,
  kResidualLocks,
  kRegionNotObserved,
  kRegionsUnobserved,
  kLagAfterRestart,
  // Of stores.
  kObservationRetries,
  kStoreNotFlushing,
  kStoreCannotReachPd,
  kScanStorm,
  kStreamMemory,
  kMemoryNotFreed,
  kStorageSlow,
  kFlushFailing,
  kReuploading,
  kRegistrationHang,
  kTempFileRace,
  kTempFilesLeft,
  // Of volumes.
  kLargeLogRange,
  kPhysicalImport,
  kLogVolumeJump,
  kHotWrites,
};

inline constexpr size_t kFindingKinds = static_cast<size_t>(FindingKind::kHotWrites) + 1;

struct FindingInfo {
  FindingKind kind;
  std::string_view name;      // "task-orphaned"
  std::string_view title;     // one sentence
  std::string_view versions;  // affected, where known; empty: any
  std::string_view action;    // what the operator does
  std::string_view link;      // the issue or page to read; empty: none
  int64_t hold_ms = 0;        // must have been true for so long before it is shown
  bool shared = false;        // clusters that have it at the same time may have one cause
};
const FindingInfo& InfoOf(FindingKind kind);
// All kinds, in order.
std::span<const FindingInfo> FindingCatalogue();
// Null if no kind is called `name`.
const FindingInfo* FindFindingInfo(std::string_view name);

// One series with the value a finding rests on.
struct Evidence {
  std::string series;  // as in PromQL, without the cluster's labels
  std::string value;   // for people: "0 in 10m", "2", "2026-11-22T10:00:00Z"
  model::Timestamp t = 0;
  friend bool operator==(const Evidence&, const Evidence&) = default;
};

struct Finding {
  FindingKind kind = FindingKind::kClusterSilent;
  std::string task;                    // empty: not of one task
  std::vector<std::string> instances;  // the ones concerned; empty: not of certain ones
  Severity severity = Severity::kWarning;
  Confidence confidence = Confidence::kMedium;
  std::string summary;  // with the figures of this case
  std::vector<Evidence> evidence;
  // The cluster's time at which it began to be true; set by the tracker.
  model::Timestamp since = 0;
};

// 2026-11-22T10:00:00Z
std::string TimeText(model::Timestamp t);
// "45s", "12m", "3h 20m", "2d 4h"; with a minus where it is negative.
std::string DurationText(int64_t ms);

}  // namespace tidemark::fleet
