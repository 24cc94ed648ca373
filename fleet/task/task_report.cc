#include "fleet/task/task_report.h"

#include <algorithm>

namespace tidemark::fleet {
namespace {

// The idle heartbeat comes every ten seconds; scrapes see it at least once a minute or two.
constexpr int64_t kIdleWithinMs = 2 * kMinuteMs;
// A store flushes every two to three minutes.
constexpr int64_t kFlushWithinMs = 10 * kMinuteMs;
// How long after GC's safe point was seen to move the checkpoint may still be the one before.
constexpr int64_t kCheckpointLateMs = kMinuteMs;

bool IncreasedWithin(const ClusterState& cluster, const Track* track, int64_t within_ms) {
  return track != nullptr && track->increased_at().has_value() &&
         cluster.time() - *track->increased_at() <= within_ms;
}

template <typename Predicate>
bool AnyAlive(const ClusterState& cluster, const Predicate& holds) {
  const auto& instances = cluster.instances();
  return std::any_of(instances.begin(), instances.end(),
                     [&](const auto& i) { return cluster.Alive(*i) && holds(*i); });
}

bool AnyIdles(const ClusterState& cluster) {
  return AnyAlive(cluster, [&](const Instance& instance) {
    return IncreasedWithin(cluster, instance.Find(Signal::kIdleBeats), kIdleWithinMs);
  });
}

bool AnyFlushes(const ClusterState& cluster) {
  return AnyAlive(cluster, [&](const Instance& instance) {
    return IncreasedWithin(cluster, instance.Find(Signal::kFlushes), kFlushWithinMs);
  });
}

// A store took the task's status from its page although it was not restarted since.
bool Withdrawn(const ClusterState& cluster, const Instance& store, std::string_view task) {
  const Track* status = store.Find(Signal::kTaskStatus, task);
  const Track* start = store.Find(Signal::kProcessStart);
  return status != nullptr && !cluster.Fresh(status) && cluster.Fresh(start) &&
         start->value() * kSecondMs < static_cast<double>(status->value_time());
}

bool IsRemoved(const ClusterState& cluster, const TaskFacts& task) {
  return task.removed_at.has_value() || AnyAlive(cluster, [&](const Instance& store) {
           return Withdrawn(cluster, store, task.name);
         });
}

TaskState RunningState(const TaskReport& report, const TaskThresholds& thresholds) {
  return report.rpo_ms.value_or(0) > thresholds.lag_after_ms ? TaskState::kLagging
                                                             : TaskState::kRunning;
}

// The state when no store tells any.
TaskState StateWithoutStatus(const ClusterState& cluster, const TaskFacts& task,
                             const TaskReport& report, const TaskThresholds& thresholds) {
  if (IsRemoved(cluster, task)) {
    return TaskState::kStopped;
  }
  if (task.failed_since.has_value()) {
    return TaskState::kFailed;
  }
  if (AnyIdles(cluster)) {
    return TaskState::kOrphaned;
  }
  const bool advances =
      task.advanced_at.has_value() && cluster.time() - *task.advanced_at <= kFlushWithinMs;
  return AnyFlushes(cluster) || advances ? RunningState(report, thresholds) : TaskState::kUnknown;
}

TaskState StateOf(const ClusterState& cluster, const TaskFacts& task, const TaskReport& report,
                  int64_t now_ms, const TaskThresholds& thresholds) {
  if (IsSilent(cluster, now_ms, thresholds)) {
    return TaskState::kUnknown;
  }
  const std::optional<int> status = cluster.StatusOf(task.name, cluster.time());
  if (!status.has_value()) {
    return StateWithoutStatus(cluster, task, report, thresholds);
  }
  if (task.failed_since.has_value()) {
    return TaskState::kFailed;
  }
  return *status > 0 ? TaskState::kPaused : RunningState(report, thresholds);
}

StoreReport ReportStore(const ClusterState& cluster, const Instance& store, std::string_view task) {
  StoreReport report{.instance = store.name, .status = std::nullopt};
  if (const Track* status = store.Find(Signal::kTaskStatus, task); cluster.Fresh(status)) {
    report.status = static_cast<int>(status->value());
  }
  if (const Track* flushes = store.Find(Signal::kFlushes); flushes != nullptr) {
    report.last_flush = flushes->increased_at();
  }
  if (const Track* own = store.Find(Signal::kStoreCheckpoint); cluster.Fresh(own)) {
    report.checkpoint = TsoToMs(own->value());
  }
  return report;
}

void ReportInstances(const ClusterState& cluster, TaskReport* report) {
  for (const auto& instance : cluster.instances()) {
    if (!cluster.Alive(*instance)) {
      continue;
    }
    if (instance->component == Component::kTikv) {
      report->stores.push_back(ReportStore(cluster, *instance, report->task));
    }
    const Track* owner = instance->Find(Signal::kOwner);
    if (cluster.Fresh(owner) && owner->value() > 0) {
      report->owners.push_back(instance->name);
    }
  }
}

// Whether GC is past the recovery point for sure, and not only in samples of different moments.
bool DataLost(const ClusterState& cluster, const TaskFacts& task, int64_t margin_ms) {
  // TiKV tells PD's checkpoint of its last flush, which says nothing about now.
  return margin_ms < -1 && (task.checkpoint.told_at > cluster.safe_point_changed_at() ||
                            cluster.time() - cluster.safe_point_changed_at() > kCheckpointLateMs);
}

void ReportProtection(const ClusterState& cluster, const TaskFacts& task, int64_t now_ms,
                      const TaskThresholds& thresholds, TaskReport* report) {
  report->gc_safe_point = cluster.safe_point();
  if (report->recovery_point.has_value() && report->gc_safe_point.has_value()) {
    report->safe_point_margin_ms = *report->recovery_point - *report->gc_safe_point;
    report->data_lost = DataLost(cluster, task, *report->safe_point_margin_ms);
  }
  // Where no renewal was seen there was one when the recovery point last rose.
  const OptionalTime renewed =
      task.renewed_at.has_value() ? task.renewed_at : report->recovery_point;
  if (renewed.has_value()) {
    report->protection_ends = *renewed + thresholds.protection_ms;
    report->protection_left_ms = *report->protection_ends - now_ms;
  }
}

}  // namespace

std::string_view ToString(TaskState state) {
  constexpr std::string_view kTexts[] = {"running",  "lagging", "paused", "failed",
                                         "orphaned", "unknown", "stopped"};
  return kTexts[static_cast<size_t>(state)];
}

bool IsSilent(const ClusterState& cluster, int64_t now_ms, const TaskThresholds& thresholds) {
  return now_ms - cluster.last_received_ms() > thresholds.silent_after_ms;
}

int64_t DeliveryLagMs(const ClusterState& cluster, int64_t now_ms,
                      const TaskThresholds& thresholds) {
  return IsSilent(cluster, now_ms, thresholds) ? now_ms - cluster.time()
                                               : cluster.delivery_lag_ms();
}

TaskReport ReportTask(const ClusterState& cluster, const TaskFacts& task, int64_t now_ms,
                      const TaskThresholds& thresholds) {
  TaskReport report;
  report.task = task.name;
  report.recovery_point = task.RecoveryPoint();
  if (report.recovery_point.has_value()) {
    report.rpo_ms = std::max<int64_t>(cluster.time() - *report.recovery_point, 0);
  }
  report.delivery_lag_ms = DeliveryLagMs(cluster, now_ms, thresholds);
  report.advanced_at = task.advanced_at;
  report.paused_since = task.paused_since;
  report.pause_seen = task.pause_seen;
  report.failed_since = task.failed_since;
  ReportInstances(cluster, &report);
  ReportProtection(cluster, task, now_ms, thresholds, &report);
  report.state = StateOf(cluster, task, report, now_ms, thresholds);
  return report;
}

}  // namespace tidemark::fleet
