// TaskReport says of one backup task what an operator wants to know. Computed from what is known
// of its cluster; a plain value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/task/cluster_state.h"

namespace tidemark::fleet {

enum class TaskState : uint8_t {
  kRunning,
  kLagging,  // runs, but what it protects is older than lag_after_ms
  kPaused,
  kFailed,    // a store met an error that stops the task; it stays so until the task runs again
  kOrphaned,  // stores live and observe nothing, none tells a status: paused, then restarted
  kUnknown,   // nothing is heard, of the cluster or of the task
  kStopped,   // was removed
};

// "running", "lagging", …
std::string_view ToString(TaskState state);

struct TaskThresholds {
  int64_t silent_after_ms = 2 * kMinuteMs;  // a cluster that nothing came from, receiver's clock
  int64_t lag_after_ms = 10 * kMinuteMs;
  int64_t protection_ms = kDayMs;  // how long GC is held back after the last renewal
};

// What one store tells of a task.
struct StoreReport {
  std::string instance;
  std::optional<int> status;               // 0 running, 1 paused, 2 failed; none: not told
  OptionalTime last_flush = std::nullopt;  // the last one that was noticed
  OptionalTime checkpoint = std::nullopt;  // its own, where it tells one
};

struct TaskReport {
  std::string task;
  TaskState state = TaskState::kUnknown;
  OptionalTime recovery_point = std::nullopt;
  // Age of the recovery point at the newest sample: how far the backup is behind, without what
  // delivery adds.
  std::optional<int64_t> rpo_ms;
  // How far behind the receiver's clock the newest sample is, or was when it came.
  int64_t delivery_lag_ms = 0;
  OptionalTime advanced_at = std::nullopt;
  std::vector<std::string> owners;  // TiDB instances that now say they are the advancer's
  OptionalTime paused_since = std::nullopt;
  bool pause_seen = false;  // false: the pause began before paused_since
  OptionalTime failed_since = std::nullopt;
  OptionalTime gc_safe_point = std::nullopt;
  std::optional<int64_t> safe_point_margin_ms;  // recovery point minus safe point
  bool data_lost = false;                       // GC has passed the recovery point
  // When GC is no longer held back, unless the protection is renewed before.
  OptionalTime protection_ends = std::nullopt;
  std::optional<int64_t> protection_left_ms;  // by the receiver's clock; negative: it is over
  std::vector<StoreReport> stores;
};

// Whether nothing has come from the cluster for too long.
bool IsSilent(const ClusterState& cluster, int64_t now_ms, const TaskThresholds& thresholds);

// By the receiver's clock, how old the cluster's newest sample is (when silent) or was when it
// came.
int64_t DeliveryLagMs(const ClusterState& cluster, int64_t now_ms,
                      const TaskThresholds& thresholds);

TaskReport ReportTask(const ClusterState& cluster, const TaskFacts& task, int64_t now_ms,
                      const TaskThresholds& thresholds = {});

}  // namespace tidemark::fleet
