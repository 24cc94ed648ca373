// What is wrong between the stores and the backup storage.
#include <algorithm>

#include "fleet/diagnosis/internal/case.h"
#include "fmt/format.h"

namespace tidemark::fleet {
namespace {

using enum FindingKind;

constexpr double kSlowFlushSeconds = 120;
constexpr double kFailuresWarning = 3;
constexpr double kFailuresCritical = 15;  // of the 31 in a row that are fatal
constexpr int64_t kQuietMin = 10;
constexpr std::string_view kIoError = "KV:LogBackup:Io";

bool RunsAnyTask(const Case& c, const Instance& store) {
  const auto statuses = store.All(Signal::kTaskStatus);
  return std::any_of(statuses.begin(), statuses.end(), [&](const auto& status) {
    return c.cluster().Fresh(status.get()) && status->value() == 0;
  });
}

double FailedFlushes(const Case& c, const Instance& store, int64_t minutes) {
  return c.Increase(store, Signal::kFlushAttempts, minutes) -
         c.Increase(store, Signal::kFlushes, minutes);
}

double FlushSeconds(const Case& c, const Instance& store) {
  const double flushes = c.Increase(store, Signal::kFlushes, 30);
  return flushes > 0 ? c.Increase(store, Signal::kFlushSeconds, 30) / flushes : 0;
}

void ExamineQuiet(Case* c) {
  std::vector<const Instance*> quiet;
  size_t running = 0;
  for (const Instance* store : c->stores()) {
    const bool runs = RunsAnyTask(*c, *store) && c->Has(*store, Signal::kFlushes) &&
                      c->Gauge(*store, Signal::kLeaders).value_or(1) > 0;
    running += runs ? 1 : 0;
    if (runs && c->SteadyFor(*store, kQuietMin * kMinuteMs) &&
        c->Increase(*store, Signal::kFlushes, kQuietMin) <= 0) {
      quiet.push_back(store);
    }
  }
  if (quiet.empty()) {
    return;
  }
  const bool all = quiet.size() == running;
  Note note =
      c->Add(kStoreNotFlushing, all ? Severity::kCritical : Severity::kWarning, Confidence::kHigh,
             fmt::format("{} of {} stores that run the task have not flushed for {}m", quiet.size(),
                         running, kQuietMin));
  for (const Instance* store : quiet) {
    note.At(*store)
        .CiteIncrease(*store, Signal::kFlushes, kQuietMin)
        .CiteIncrease(*store, Signal::kFlushAttempts, kQuietMin);
  }
}

void ExamineSpeed(Case* c) {
  std::vector<const Instance*> slow;
  for (const Instance* store : c->stores()) {
    if (FlushSeconds(*c, *store) > kSlowFlushSeconds) {
      slow.push_back(store);
    }
  }
  if (slow.empty()) {
    return;
  }
  Note note = c->Add(kStorageSlow, Severity::kWarning, Confidence::kMedium,
                     fmt::format("a flush takes {:.0f} s on {} of {} stores",
                                 FlushSeconds(*c, *slow.front()), slow.size(), c->stores().size()));
  for (const Instance* store : slow) {
    note.At(*store)
        .CiteIncrease(*store, Signal::kFlushSeconds, 30)
        .CiteIncrease(*store, Signal::kFlushes, 30);
  }
}

void ExamineFailures(Case* c) {
  std::vector<const Instance*> failing;
  double most = 0;
  for (const Instance* store : c->stores()) {
    const double failed = FailedFlushes(*c, *store, 5);
    if (failed >= kFailuresWarning) {
      failing.push_back(store);
      most = std::max(most, failed);
    }
  }
  if (failing.empty()) {
    return;
  }
  Note note =
      c->Add(kFlushFailing, most >= kFailuresCritical ? Severity::kCritical : Severity::kWarning,
             Confidence::kHigh,
             fmt::format("up to {:.0f} flushes of a store failed in 5m, on {} of {} "
                         "stores; 31 in a row are fatal",
                         most, failing.size(), c->stores().size()));
  for (const Instance* store : failing) {
    note.At(*store)
        .CiteIncrease(*store, Signal::kFlushAttempts, 5)
        .CiteIncrease(*store, Signal::kFlushes, 5);
    if (c->Increase(*store, Signal::kErrors, 5, kIoError) > 0) {
      note.CiteIncrease(*store, Signal::kErrors, 5, kIoError);
    }
  }
}

void ExamineReuploads(Case* c) {
  std::vector<const Instance*> again;
  for (const Instance* store : c->stores()) {
    if (c->SteadyFor(*store, kQuietMin * kMinuteMs) &&
        c->Increase(*store, Signal::kUploadBytes, kQuietMin) > 0 &&
        c->Increase(*store, Signal::kFlushes, kQuietMin) <= 0) {
      again.push_back(store);
    }
  }
  if (again.empty()) {
    return;
  }
  Note note = c->Add(kReuploading, Severity::kWarning, Confidence::kHigh,
                     fmt::format("{} stores upload and finish no flush", again.size()));
  for (const Instance* store : again) {
    note.At(*store)
        .CiteIncrease(*store, Signal::kUploadBytes, kQuietMin)
        .CiteIncrease(*store, Signal::kFlushes, kQuietMin);
  }
}

void ExamineRace(Case* c) {
  constexpr int64_t kShortlyMs = 5 * kMinuteMs;
  for (const Instance* store : c->stores()) {
    const Track* fatal = store->Find(Signal::kFatalErrors, kIoError);
    const Track* flushes = store->Find(Signal::kFlushes);
    const bool recent = fatal != nullptr && fatal->increased_at().has_value() &&
                        c->time() - *fatal->increased_at() <= 30 * kMinuteMs;
    if (!recent || flushes == nullptr || !flushes->increased_at().has_value()) {
      continue;
    }
    // The storage was well: a flush succeeded shortly before, and none had failed.
    if (*fatal->increased_at() - *flushes->increased_at() > kShortlyMs ||
        FailedFlushes(*c, *store, 30) >= kFailuresWarning) {
      continue;
    }
    c->Add(kTempFileRace, Severity::kWarning, Confidence::kMedium,
           fmt::format("fatal {} after a flush that succeeded {} before", kIoError,
                       DurationText(*fatal->increased_at() - *flushes->increased_at())))
        .At(*store)
        .Cite(*store, Signal::kFatalErrors, kIoError)
        .CiteIncrease(*store, Signal::kFlushes, 30);
  }
}

}  // namespace

void ExamineUploads(Case* c) {
  ExamineQuiet(c);
  ExamineSpeed(c);
  ExamineFailures(c);
  ExamineReuploads(c);
  ExamineRace(c);
}

}  // namespace tidemark::fleet
