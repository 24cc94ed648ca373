// What is wrong with the advancer, the part of TiDB that raises the checkpoint.
#include <algorithm>

#include "fleet/diagnosis/internal/case.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

using enum FindingKind;

constexpr int64_t kStuckMs = 10 * kMinuteMs;
// The owner ticks every 12 s.
constexpr double kSlowTickSeconds = 12;
constexpr int64_t kTickWindowMin = 10;
constexpr int64_t kNoTickMs = 3 * kMinuteMs;

// The TiDBs that say they own the advancer.
std::vector<const Instance*> Owners(const Case& c) {
  std::vector<const Instance*> owners;
  for (const Instance* tidb : c.tidbs()) {
    if (c.Gauge(*tidb, Signal::kOwner).value_or(0) > 0) {
      owners.push_back(tidb);
    }
  }
  return owners;
}

bool OwnershipTold(const Case& c) {
  return std::any_of(c.tidbs().begin(), c.tidbs().end(), [&](const Instance* tidb) {
    return c.Gauge(*tidb, Signal::kOwner).has_value();
  });
}

bool NotTicking(const Case& c, const Instance& owner) {
  return c.Has(owner, Signal::kTicks) && c.SteadyFor(owner, kNoTickMs) &&
         !c.GrewWithin(owner, Signal::kTicks, kNoTickMs);
}

// Mean time of a tick; 0 if there was none.
double TickSeconds(const Case& c, const Instance& owner) {
  const double ticks = c.Increase(owner, Signal::kTicks, kTickWindowMin);
  return ticks > 0 ? c.Increase(owner, Signal::kTickSeconds, kTickWindowMin) / ticks : 0;
}

// The stores of which the owner hears nothing while it hears of others. Their part is the store's
// number.
std::vector<std::string_view> UnheardStores(const Case& c, const Instance& owner) {
  std::vector<std::string_view> unheard;
  size_t heard = 0;
  for (const auto& events : owner.All(Signal::kFlushEvents)) {
    if (events->Increase(c.time(), kTickWindowMin) > 0) {
      ++heard;
    } else if (c.SteadyFor(owner, kTickWindowMin * kMinuteMs)) {
      unheard.push_back(events->part());
    }
  }
  return heard > 0 ? unheard : std::vector<std::string_view>{};
}

bool NobodySubscribes(const Case& c) {
  bool told = false;
  for (const Instance* store : c.stores()) {
    const auto streams = c.Gauge(*store, Signal::kSubscriptions);
    told = told || streams.has_value();
    if (streams.value_or(0) > 0) {
      return false;
    }
  }
  return told;
}

// Every store's own checkpoint is beyond the task's; false where a store tells none.
bool StoresAreAhead(const Case& c, const TaskCase& task) {
  const auto running = c.RunningStores(task);
  return task.report.recovery_point.has_value() && !running.empty() &&
         std::all_of(running.begin(), running.end(), [&](const Instance* store) {
           const auto own = c.Gauge(*store, Signal::kStoreCheckpoint);
           return own.has_value() && TsoToMs(*own) - *task.report.recovery_point > kStuckMs / 2;
         });
}

// Cites what is wrong with the advancer; false if nothing is.
bool CiteCauses(const Case& c, const std::vector<const Instance*>& owners, Note* note) {
  bool found = false;
  if (owners.size() != 1 && OwnershipTold(c)) {
    note->CiteFact("sum(tidb_log_backup_advancer_owner)", fmt::format("{}", owners.size()));
    found = true;
  }
  for (const Instance* owner : owners) {
    if (NotTicking(c, *owner)) {
      note->CiteIncrease(*owner, Signal::kTicks, kNoTickMs / kMinuteMs);
      found = true;
    }
    if (const double seconds = TickSeconds(c, *owner); seconds >= kSlowTickSeconds) {
      note->Cite(*owner, Signal::kTickSeconds, {}, fmt::format("{:.1f} s a tick", seconds));
      found = true;
    }
    for (const std::string_view store : UnheardStores(c, *owner)) {
      note->CiteIncrease(*owner, Signal::kFlushEvents, kTickWindowMin, store);
      found = true;
    }
  }
  if (NobodySubscribes(c)) {
    note->CiteFact("max(tikv_log_backup_active_subscription_number)", "0");
    found = true;
  }
  return found;
}

void ExamineStuck(Case* c, const TaskCase& task) {
  if (!task.Runs() || c->StandsStillMs(task) <= kStuckMs || !c->AllFlush(task, 10, 3)) {
    return;
  }
  const auto owners = Owners(*c);
  Finding draft;
  Note trial(&draft, &c->cluster());
  const bool ahead = StoresAreAhead(*c, task);
  if (!CiteCauses(*c, owners, &trial) && !ahead) {
    return;
  }
  Note note =
      c->Add(kAdvancerStuck, Severity::kCritical, ahead ? Confidence::kHigh : Confidence::kMedium,
             fmt::format("stores flush, the checkpoint has not moved for {}",
                         DurationText(c->StandsStillMs(task))));
  note.Of(task);
  CiteCauses(*c, owners, &note);
  for (const Instance* owner : owners) {
    note.At(*owner);
  }
  for (const Instance* store : c->RunningStores(task)) {
    note.CiteIncrease(*store, Signal::kFlushes, kTickWindowMin);
  }
}

void ExamineOwners(Case* c) {
  const auto owners = Owners(*c);
  if (!OwnershipTold(*c) || owners.size() == 1 || (owners.empty() && !c->AnyRuns())) {
    return;
  }
  Note note = owners.empty()
                  ? c->Add(kNoAdvancerOwner, Severity::kWarning, Confidence::kHigh,
                           "no TiDB says that it owns the advancer")
                  : c->Add(kSeveralAdvancerOwners, Severity::kWarning, Confidence::kHigh,
                           fmt::format("{} TiDBs say that they own the advancer", owners.size()));
  for (const Instance* tidb : c->tidbs()) {
    note.Cite(*tidb, Signal::kOwner);
  }
  for (const Instance* owner : owners) {
    note.At(*owner);
  }
}

void ExamineTicks(Case* c) {
  if (!c->AnyRuns()) {
    return;
  }
  for (const Instance* owner : Owners(*c)) {
    if (NotTicking(*c, *owner)) {
      c->Add(kAdvancerNotTicking, Severity::kWarning, Confidence::kHigh,
             "the owner has not ticked for 3 minutes; it does so every 12 s")
          .At(*owner)
          .CiteIncrease(*owner, Signal::kTicks, kNoTickMs / kMinuteMs);
    }
    if (const double seconds = TickSeconds(*c, *owner); seconds >= kSlowTickSeconds) {
      c->Add(kAdvancerTickSlow, Severity::kWarning, Confidence::kMedium,
             fmt::format("a tick takes {:.1f} s", seconds))
          .At(*owner)
          .CiteIncrease(*owner, Signal::kTickSeconds, kTickWindowMin)
          .CiteIncrease(*owner, Signal::kTicks, kTickWindowMin);
    }
  }
}

// A counter grew in each third of the last half hour.
bool GrowsSteadily(const Case& c, const Instance& instance, Signal signal) {
  const double ten = c.Increase(instance, signal, 10);
  const double twenty = c.Increase(instance, signal, 20);
  return ten > 0 && twenty > ten && c.Increase(instance, signal, 30) > twenty;
}

void ExaminePolling(Case* c, const TaskCase& task) {
  constexpr int64_t kPlateauFromMs = 3 * kMinuteMs + 30 * kSecondMs;
  constexpr int64_t kPlateauToMs = 7 * kMinuteMs;
  const int64_t lag = task.report.rpo_ms.value_or(0);
  if (!task.Runs() || lag < kPlateauFromMs || lag > kPlateauToMs) {
    return;
  }
  for (const Instance* owner : Owners(*c)) {
    if (GrowsSteadily(*c, *owner, Signal::kRegionRequests) &&
        GrowsSteadily(*c, *owner, Signal::kAdvanceTries)) {
      c->Add(
           kPollingOnly, Severity::kWarning, Confidence::kLow,
           fmt::format("the advancer polls without pause, the lag stays at {}", DurationText(lag)))
          .Of(task)
          .At(*owner)
          .CiteIncrease(*owner, Signal::kRegionRequests, 30)
          .CiteIncrease(*owner, Signal::kAdvanceTries, 30);
    }
  }
}

// The task was added a while ago and its checkpoint has not risen since.
void ExamineRestartedTask(Case* c, const TaskCase& task) {
  OptionalTime added;
  const Instance* told_by = nullptr;
  for (const Instance* store : c->stores()) {
    const Track* adds = store->Find(Signal::kTaskEvents, "task_add");
    if (adds != nullptr && adds->increased_at() > added) {
      added = adds->increased_at();
      told_by = store;
    }
  }
  const bool moved = added.has_value() && task.facts->advanced_at.has_value() &&
                     *task.facts->advanced_at > *added + kStuckMs / 2;
  if (!added.has_value() || moved || !task.Runs() || c->time() - *added <= kStuckMs ||
      c->time() - *added > kDayMs || !c->AllFlush(task, 10, 3)) {
    return;
  }
  c->Add(kTaskRestartedStuck, Severity::kCritical, Confidence::kMedium,
         fmt::format("added {} ago, and the checkpoint has not risen since",
                     DurationText(c->time() - *added)))
      .Of(task)
      .Cite(*told_by, Signal::kTaskEvents, "task_add", "grew at " + TimeText(*added))
      .CiteFact("tidb_log_backup_last_checkpoint", task.facts->checkpoint.at.has_value()
                                                       ? TimeText(*task.facts->checkpoint.at)
                                                       : "absent");
}

}  // namespace

void ExamineAdvancer(Case* c) {
  ExamineOwners(c);
  ExamineTicks(c);
  for (const TaskCase& task : c->tasks()) {
    ExamineStuck(c, task);
    ExaminePolling(c, task);
    ExamineRestartedTask(c, task);
  }
}

}  // namespace tidemark::fleet
