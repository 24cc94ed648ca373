#include "fleet/diagnosis/symptom.h"

#include <algorithm>

#include "fleet/diagnosis/internal/case.h"

namespace tidemark::fleet {
namespace {

constexpr int64_t kRestartWindowMs = 30 * kMinuteMs;
constexpr int64_t kFlushWindowMin = 10;

bool AnyRestarted(const Case& c) {
  return std::any_of(c.stores().begin(), c.stores().end(), [&](const Instance* store) {
    return store->restarted_at.has_value() && c.time() - *store->restarted_at <= kRestartWindowMs;
  });
}

// How many stores flushed lately.
size_t Flushing(const Case& c) {
  return static_cast<size_t>(
      std::count_if(c.stores().begin(), c.stores().end(), [&](const Instance* store) {
        return c.Increase(*store, Signal::kFlushes, kFlushWindowMin) > 0;
      }));
}

bool OwnerWorks(const Case& c, const TaskCase& task) {
  if (task.report.owners.size() != 1) {
    return false;
  }
  const Instance* owner = c.cluster().FindInstance(task.report.owners.front());
  return !c.Has(*owner, Signal::kTicks) || c.GrewWithin(*owner, Signal::kTicks, 3 * kMinuteMs);
}

bool CheckpointTold(const Case& c, const TaskCase& task) {
  return std::any_of(c.tidbs().begin(), c.tidbs().end(), [&](const Instance* tidb) {
    return c.Gauge(*tidb, Signal::kCheckpoint, task.facts->name).has_value();
  });
}

}  // namespace

std::string_view Letter(Symptom symptom) {
  constexpr std::string_view kLetters = "ABCDEFGHI";
  return kLetters.substr(static_cast<size_t>(symptom), 1);
}

std::string_view Describe(Symptom symptom) {
  constexpr std::string_view kTexts[] = {
      "stores flush and the advancer works: one store, region or lock holds the checkpoint",
      "stores flush: the advancer has no owner, or its owner does not work",
      "a store does not flush",
      "no store flushes: look at the storage, and at the neighbours in the fleet",
      "stores were restarted and scan what they missed",
      "stores idle and tell no status: paused and restarted, or stopped",
      "stores flush and no checkpoint is told: the owner changes",
      "nothing is told: sender or network are down",
      "nothing stands out: compare with the checkpoints in PD and in the storage"};
  return kTexts[static_cast<size_t>(symptom)];
}

Symptom SymptomOf(const Case& c, const TaskCase& task) {
  if (IsSilent(c.cluster(), c.now_ms(), c.thresholds().task)) {
    return Symptom::kAllGone;
  }
  if (task.report.state == TaskState::kOrphaned) {
    return Symptom::kIdle;
  }
  if (AnyRestarted(c)) {
    return Symptom::kAfterRestart;
  }
  const size_t flushing = Flushing(c);
  if (flushing == 0) {
    return Symptom::kAllStopped;
  }
  if (flushing < c.stores().size()) {
    return Symptom::kStoreStopped;
  }
  if (!CheckpointTold(c, task)) {
    return task.report.owners.empty() ? Symptom::kAdvancer : Symptom::kOwnerChange;
  }
  if (!OwnerWorks(c, task)) {
    return Symptom::kAdvancer;
  }
  return task.report.state == TaskState::kLagging ? Symptom::kOneBehind : Symptom::kLooksWell;
}

}  // namespace tidemark::fleet
