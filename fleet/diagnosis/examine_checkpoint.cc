// What holds a checkpoint although stores, storage and advancer work: transactions, locks, regions.
#include <algorithm>

#include "fleet/diagnosis/internal/case.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

using enum FindingKind;

constexpr int64_t kFlatMs = 15 * kMinuteMs;
constexpr int64_t kFlatMin = kFlatMs / kMinuteMs;
constexpr int64_t kBehindMs = 10 * kMinuteMs;
constexpr int64_t kRestartWindowMs = 30 * kMinuteMs;
constexpr int64_t kLagAfterRestartMs = 5 * kMinuteMs;
// Regions outside of the key ranges that are backed up make the ratio a little less than one.
constexpr double kObservedRatio = 0.98;

// Errors besides the noise of observations that are given up.
double RealErrors(const Case& c, const Instance& store, int64_t minutes) {
  return c.IncreaseOfAll(store, Signal::kErrors, minutes) -
         c.Increase(store, Signal::kErrors, minutes, "KV:LogBackup:ObserveCancel");
}

bool NoErrors(const Case& c) {
  return std::all_of(c.stores().begin(), c.stores().end(),
                     [&](const Instance* store) { return RealErrors(c, *store, kFlatMin) <= 0; });
}

// The stores' own checkpoints, where they tell them.
std::vector<double> OwnCheckpoints(const Case& c) {
  std::vector<double> own;
  for (const Instance* store : c.stores()) {
    if (const auto ts = c.Gauge(*store, Signal::kStoreCheckpoint)) {
      own.push_back(*ts);
    }
  }
  std::sort(own.begin(), own.end());
  return own;
}

bool IsBehind(const Case& c, const Instance& store, const std::vector<double>& own) {
  const auto gap_ms = c.Gauge(store, Signal::kResolvedGapMs);
  if (gap_ms.has_value() && *gap_ms > static_cast<double>(kBehindMs)) {
    return true;
  }
  const auto ts = c.Gauge(store, Signal::kStoreCheckpoint);
  return ts.has_value() && !own.empty() && TsoToMs(own[own.size() / 2]) - TsoToMs(*ts) > kBehindMs;
}

// The few stores that are behind the others; none if it is most of them.
std::vector<const Instance*> StoresBehind(const Case& c) {
  const std::vector<double> own = OwnCheckpoints(c);
  std::vector<const Instance*> behind;
  for (const Instance* store : c.stores()) {
    if (IsBehind(c, *store, own)) {
      behind.push_back(store);
    }
  }
  return behind.size() * 2 > c.stores().size() ? std::vector<const Instance*>{} : behind;
}

void CiteBehind(const Case& c, const Instance& store, Note* note) {
  note->At(store);
  for (const Signal signal : {Signal::kResolvedGapMs, Signal::kResolvedRegion}) {
    if (c.Has(store, signal)) {
      note->Cite(store, signal);
    }
  }
  for (const Signal signal : {Signal::kMinLock, Signal::kStoreCheckpoint}) {
    if (const auto ts = c.Gauge(store, signal)) {
      note->Cite(store, signal, {}, TimeText(TsoToMs(*ts)));
    }
  }
}

void ExamineTransaction(Case* c, const TaskCase& task) {
  if (!task.Runs() || c->StandsStillMs(task) < kFlatMs || !c->AllFlush(task, kFlatMin, 4) ||
      !NoErrors(*c)) {
    return;
  }
  const auto behind = StoresBehind(*c);
  if (behind.empty()) {
    return;
  }
  Note note =
      c->Add(kLargeTransaction, Severity::kWarning, Confidence::kMedium,
             fmt::format("stores flush without errors, {} of {} hold the checkpoint for {}",
                         behind.size(), c->stores().size(), DurationText(c->StandsStillMs(task))));
  note.Of(task);
  for (const Instance* store : behind) {
    CiteBehind(*c, *store, &note);
  }
}

// The checkpoint rises in steps of three to six minutes, when the advancer resolves a dead lock.
void ExamineLocks(Case* c, const TaskCase& task) {
  constexpr int64_t kStepFromMs = 150 * kSecondMs;
  constexpr int64_t kStepToMs = 7 * kMinuteMs;
  constexpr double kOldLockMs = 5 * kMinuteMs;
  const TaskFacts& facts = *task.facts;
  if (!task.Runs() || task.report.rpo_ms.value_or(0) < 5 * kMinuteMs ||
      !facts.step_before.has_value() || c->StandsStillMs(task) > kStepToMs) {
    return;
  }
  const int64_t step = *facts.advanced_at - *facts.step_before;
  if (step < kStepFromMs || step > kStepToMs) {
    return;
  }
  for (const Instance* store : c->stores()) {
    const auto lock = c->Gauge(*store, Signal::kMinLock);
    if (lock.value_or(0) <= 0 || static_cast<double>(c->time() - TsoToMs(*lock)) < kOldLockMs) {
      continue;
    }
    Note note = c->Add(kResidualLocks, Severity::kWarning, Confidence::kLow,
                       fmt::format("the checkpoint rises in steps of {}, and a lock of {} stands",
                                   DurationText(step), TimeText(TsoToMs(*lock))));
    note.Of(task);
    CiteBehind(*c, *store, &note);
    return;
  }
}

// The region the advancer waits for is always the same, and its store sees nothing wrong.
void ExamineRegion(Case* c, const TaskCase& task) {
  constexpr int64_t kSameRegionMs = 10 * kMinuteMs;
  if (!task.Runs() || c->StandsStillMs(task) <= kSameRegionMs || !c->AllFlush(task, 10, 3) ||
      !StoresBehind(*c).empty()) {
    return;
  }
  for (const Instance* tidb : c->tidbs()) {
    const Track* region = tidb->Find(Signal::kLastRegion);
    const bool same = c->Gauge(*tidb, Signal::kOwner).value_or(0) > 0 &&
                      c->cluster().Fresh(region) && region->value() > 0 &&
                      c->time() - region->changed_at() > kSameRegionMs;
    if (!same) {
      continue;
    }
    Note note = c->Add(kRegionNotObserved, Severity::kCritical, Confidence::kMedium,
                       fmt::format("region {:.0f} holds the checkpoint for {}", region->value(),
                                   DurationText(c->time() - region->changed_at())));
    note.Of(task).Cite(*tidb, Signal::kLastRegion);
    for (const auto& failures : tidb->All(Signal::kRegionFailures)) {
      // Counted at every scan of regions, good or bad.
      if (failures->part() != "retryable-scan-region" && failures->Increase(c->time(), 10) > 0) {
        note.CiteIncrease(*tidb, Signal::kRegionFailures, 10, failures->part());
      }
    }
    for (const Instance* store : c->stores()) {
      if (c->Increase(*store, Signal::kNonLeaderSkips, 10) > 0) {
        note.CiteIncrease(*store, Signal::kNonLeaderSkips, 10);
      }
    }
  }
}

void ExamineObserved(Case* c) {
  double observed = 0;
  double led = 0;
  for (const Instance* store : c->stores()) {
    const auto here = c->Gauge(*store, Signal::kObservedRegions);
    const auto leaders = c->Gauge(*store, Signal::kLeaders);
    if (here.has_value() && leaders.has_value()) {
      observed += *here;
      led += *leaders;
    }
  }
  if (!c->AnyRuns() || led <= 0 || observed / led >= kObservedRatio) {
    return;
  }
  Note note = c->Add(kRegionsUnobserved, Severity::kWarning, Confidence::kMedium,
                     fmt::format("{:.0f} of {:.0f} regions are observed", observed, led));
  for (const Instance* store : c->stores()) {
    const double here = c->Gauge(*store, Signal::kObservedRegions).value_or(0);
    if (here < kObservedRatio * c->Gauge(*store, Signal::kLeaders).value_or(0)) {
      note.At(*store).Cite(*store, Signal::kObservedRegions).Cite(*store, Signal::kLeaders);
    }
  }
}

void ExamineRestarts(Case* c, const TaskCase& task) {
  if (!task.Runs() || task.report.rpo_ms.value_or(0) <= kLagAfterRestartMs) {
    return;
  }
  std::vector<const Instance*> restarted;
  for (const Instance* store : c->stores()) {
    if (store->restarted_at.has_value() && c->time() - *store->restarted_at <= kRestartWindowMs) {
      restarted.push_back(store);
    }
  }
  if (restarted.empty()) {
    return;
  }
  Note note = c->Add(kLagAfterRestart, Severity::kInfo, Confidence::kMedium,
                     fmt::format("{} stores were restarted in the last half hour, the lag is {}",
                                 restarted.size(), DurationText(*task.report.rpo_ms)));
  note.Of(task);
  for (const Instance* store : restarted) {
    note.At(*store).Cite(*store, Signal::kProcessStart, {},
                         "changed at " + TimeText(*store->restarted_at));
    if (c->Has(*store, Signal::kScanReasons, "leader-changed")) {
      note.CiteIncrease(*store, Signal::kScanReasons, 30, "leader-changed");
    }
    if (c->Has(*store, Signal::kQueuedScans)) {
      note.Cite(*store, Signal::kQueuedScans);
    }
  }
}

}  // namespace

void ExamineCheckpoint(Case* c) {
  ExamineObserved(c);
  for (const TaskCase& task : c->tasks()) {
    ExamineTransaction(c, task);
    ExamineLocks(c, task);
    ExamineRegion(c, task);
    ExamineRestarts(c, task);
  }
}

}  // namespace tidemark::fleet
