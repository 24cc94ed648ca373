// What is wrong with a task: paused, failed, forgotten, behind, or with its data already gone.
#include <algorithm>

#include "fleet/diagnosis/internal/case.h"
#include "fleet/diagnosis/symptom.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

using enum FindingKind;

// An automatic pause follows the change of owner within so long.
constexpr int64_t kOwnerToPauseMs = 10 * kMinuteMs;
// A pause at a checkpoint younger than that was not caused by a lag of two days.
constexpr int64_t kRecentCheckpointMs = kHourMs;
// Two checkpoints of one task that differ by more do not keep up with each other.
constexpr int64_t kCheckpointGapMs = 10 * kMinuteMs;
constexpr int64_t kHeldBackMs = 6 * kHourMs;
// Of the safe point's age the lag makes up at least this part, or something else holds GC.
constexpr double kSameSize = 0.8;

std::string OptionalTimeText(OptionalTime t) { return t.has_value() ? TimeText(*t) : "unknown"; }

void CiteStatuses(Case* c, const TaskCase& task, Note* note) {
  for (const Instance* store : c->stores()) {
    if (c->Has(*store, Signal::kTaskStatus, task.facts->name)) {
      note->Cite(*store, Signal::kTaskStatus, task.facts->name);
    }
  }
}

void ExamineLoss(Case* c, const TaskCase& task) {
  const TaskReport& report = task.report;
  if (!report.data_lost) {
    return;
  }
  c->Add(kDataLost, Severity::kCritical, Confidence::kHigh,
         fmt::format("GC's safe point is {} beyond the recovery point",
                     DurationText(-*report.safe_point_margin_ms)))
      .Of(task)
      .CiteFact("recovery point", OptionalTimeText(report.recovery_point))
      .CiteFact("max(tikv_gcworker_autogc_safe_point, pd_gc_gc_safepoint)",
                OptionalTimeText(report.gc_safe_point));
}

void ExamineProtection(Case* c, const TaskCase& task) {
  const TaskReport& report = task.report;
  const auto& limits = c->thresholds();
  if (!report.protection_left_ms.has_value() || report.state == TaskState::kStopped ||
      *report.protection_left_ms > limits.protection_warning_ms) {
    return;
  }
  const int64_t left = *report.protection_left_ms;
  c->Add(kProtectionEnding,
         left > limits.protection_critical_ms ? Severity::kWarning : Severity::kCritical,
         Confidence::kHigh,
         left > 0
             ? fmt::format("GC is held back for {} more", DurationText(left))
             : fmt::format("GC is free to pass the recovery point since {}", DurationText(-left)))
      .Of(task)
      .CiteFact("protection ends", OptionalTimeText(report.protection_ends))
      .CiteFact("recovery point", OptionalTimeText(report.recovery_point));
}

void ExamineFailure(Case* c, const TaskCase& task) {
  if (task.report.state != TaskState::kFailed) {
    return;
  }
  Note note =
      c->Add(kTaskFailed, Severity::kCritical, Confidence::kHigh,
             fmt::format("failed {} ago", DurationText(c->time() - *task.report.failed_since)));
  note.Of(task);
  CiteStatuses(c, task, &note);
  for (const Instance* store : c->stores()) {
    const bool failed = c->Gauge(*store, Signal::kTaskStatus, task.facts->name) == 2;
    for (const auto& errors : store->All(Signal::kFatalErrors)) {
      note.Cite(*store, Signal::kFatalErrors, errors->part());
    }
    if (failed) {
      note.At(*store);
    }
  }
}

void ExamineOrphan(Case* c, const TaskCase& task) {
  if (task.report.state != TaskState::kOrphaned) {
    return;
  }
  const bool pause_known = task.facts->paused_since.has_value();
  Note note = c->Add(kTaskOrphaned, Severity::kCritical,
                     pause_known ? Confidence::kHigh : Confidence::kMedium,
                     pause_known ? fmt::format("paused since {} and restarted, nothing is observed",
                                               TimeText(*task.facts->paused_since))
                                 : "stores observe nothing and tell no status");
  note.Of(task);
  for (const Instance* store : c->stores()) {
    if (c->GrewWithin(*store, Signal::kIdleBeats, 2 * kMinuteMs)) {
      note.At(*store).CiteIncrease(*store, Signal::kIdleBeats, 5);
    }
  }
}

void ExaminePause(Case* c, const TaskCase& task) {
  if (task.report.state != TaskState::kPaused || !task.facts->paused_since.has_value()) {
    return;
  }
  const int64_t paused_ms = c->time() - *task.facts->paused_since;
  Note note =
      c->Add(kTaskPaused,
             paused_ms < c->thresholds().pause_warning_ms ? Severity::kInfo : Severity::kWarning,
             Confidence::kHigh,
             fmt::format("paused for {}{}", task.facts->pause_seen ? "" : "more than ",
                         DurationText(paused_ms)));
  note.Of(task);
  CiteStatuses(c, task, &note);
}

void ExamineFalsePause(Case* c, const TaskCase& task) {
  const TaskFacts& facts = *task.facts;
  const OwnerFacts& owner = c->cluster().owner();
  if (task.report.state != TaskState::kPaused || !facts.pause_seen || !owner.changed_at ||
      !task.report.recovery_point) {
    return;
  }
  const int64_t after_change = *facts.paused_since - *owner.changed_at;
  if (after_change < 0 || after_change > kOwnerToPauseMs ||
      *facts.paused_since - *task.report.recovery_point > kRecentCheckpointMs) {
    return;
  }
  c->Add(kFalseAutomaticPause, Severity::kWarning, Confidence::kMedium,
         fmt::format("paused {} after {} took over from {}, with a checkpoint of {} before",
                     DurationText(after_change), owner.instance, owner.before,
                     DurationText(*facts.paused_since - *task.report.recovery_point)))
      .Of(task)
      .CiteFact("tidb_log_backup_advancer_owner changed", TimeText(*owner.changed_at))
      .CiteFact("tikv_log_backup_task_status became 1", TimeText(*facts.paused_since));
}

void ExamineLag(Case* c, const TaskCase& task) {
  if (task.report.state != TaskState::kLagging) {
    return;
  }
  const Symptom symptom = SymptomOf(*c, task);
  c->Add(kCheckpointLagging,
         *task.report.rpo_ms > c->thresholds().lag_critical_ms ? Severity::kCritical
                                                               : Severity::kWarning,
         Confidence::kHigh,
         fmt::format("the recovery point is {} behind; {}", DurationText(*task.report.rpo_ms),
                     Describe(symptom)))
      .Of(task)
      .CiteFact(fmt::format("tidb_log_backup_last_checkpoint{{task=\"{}\"}}", task.facts->name),
                OptionalTimeText(task.report.recovery_point))
      .CiteFact("symptom", std::string(Letter(symptom)));
}

void ExamineUntold(Case* c, const TaskCase& task) {
  const bool told = std::any_of(c->tidbs().begin(), c->tidbs().end(), [&](const Instance* tidb) {
    return c->Gauge(*tidb, Signal::kCheckpoint, task.facts->name).has_value();
  });
  if (told || c->RunningStores(task).empty() || c->tidbs().empty()) {
    return;
  }
  Note note = c->Add(kCheckpointUntold, Severity::kWarning, Confidence::kHigh,
                     fmt::format("last told {}", task.facts->checkpoint.at.has_value()
                                                     ? TimeText(task.facts->checkpoint.told_at)
                                                     : "never"));
  note.Of(task);
  for (const Instance* tidb : c->tidbs()) {
    note.Cite(*tidb, Signal::kOwner);
  }
}

bool ToldNow(const Case& c, const CheckpointFacts& facts) {
  return facts.at.has_value() && c.time() - facts.told_at <= kFreshMs;
}

// One of the places to which the advancer's checkpoint goes is behind it.
void ExamineReach(Case* c, const TaskCase& task, FindingKind kind, const CheckpointFacts& there,
                  std::string_view metric) {
  const CheckpointFacts& here = task.facts->checkpoint;
  if (!ToldNow(*c, here) || !ToldNow(*c, there) || *here.at - *there.at <= kCheckpointGapMs) {
    return;
  }
  c->Add(kind, Severity::kCritical, Confidence::kHigh,
         fmt::format("{} behind the advancer's checkpoint", DurationText(*here.at - *there.at)))
      .Of(task)
      .CiteFact(fmt::format("tidb_log_backup_last_checkpoint{{task=\"{}\"}}", task.facts->name),
                TimeText(*here.at))
      .CiteFact(fmt::format("{}{{task=\"{}\"}}", metric, task.facts->name), TimeText(*there.at));
}

void ExamineReaches(Case* c, const TaskCase& task) {
  // TiKV reads PD's checkpoint at a flush; without flushes it tells an old one.
  if (c->AllFlush(task, 10, 2)) {
    ExamineReach(c, task, kCheckpointNotInPd, task.facts->pd_checkpoint,
                 InfoOf(Signal::kPdCheckpoint).metric);
  }
  ExamineReach(c, task, kCheckpointNotInStorage, task.facts->storage_checkpoint,
               InfoOf(Signal::kStorageCheckpoint).metric);
}

void ExamineHeldBackGc(Case* c, const TaskCase& task) {
  const TaskReport& report = task.report;
  if (!report.gc_safe_point.has_value() || report.state == TaskState::kStopped) {
    return;
  }
  const int64_t age = c->time() - *report.gc_safe_point;
  const auto lag = static_cast<double>(report.rpo_ms.value_or(0));
  if (age <= kHeldBackMs || lag < kSameSize * static_cast<double>(age)) {
    return;
  }
  Note note = c->Add(kGcHeldBack, Severity::kWarning, Confidence::kMedium,
                     fmt::format("GC's safe point is {} old, the recovery point {}",
                                 DurationText(age), DurationText(*report.rpo_ms)));
  note.Of(task).CiteFact("max(tikv_gcworker_autogc_safe_point)", TimeText(*report.gc_safe_point));
  for (const Instance* store : c->stores()) {
    if (c->Has(*store, Signal::kAvailableBytes)) {
      note.Cite(*store, Signal::kAvailableBytes);
    }
  }
}

}  // namespace

void ExamineTasks(Case* c) {
  for (const TaskCase& task : c->tasks()) {
    if (task.report.state == TaskState::kStopped) {
      continue;
    }
    ExamineLoss(c, task);
    ExamineProtection(c, task);
    ExamineFailure(c, task);
    ExamineOrphan(c, task);
    ExaminePause(c, task);
    ExamineFalsePause(c, task);
    ExamineLag(c, task);
    ExamineUntold(c, task);
    ExamineReaches(c, task);
    ExamineHeldBackGc(c, task);
  }
}

}  // namespace tidemark::fleet
