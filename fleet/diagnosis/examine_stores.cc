// What is wrong with single TiKVs: observation, PD, memory, the endpoint itself.
#include <algorithm>

#include "fleet/diagnosis/internal/case.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tidemark::fleet {
namespace {

using enum FindingKind;

constexpr double kMaxRetries = 20;
constexpr double kMaxPdErrors = 3;
constexpr double kMaxQueuedScans = 100;
constexpr double kMaxHeapBytes = 1024.0 * 1024 * 1024;
constexpr double kMaxLeaders = 32768;  // beyond it registration of a task can hang
constexpr int64_t kHangMs = 2 * kMinuteMs;
constexpr int64_t kWatchedMs = 3 * kMinuteMs;
constexpr std::string_view kPdError = "KV:LogBackup:Pd";
constexpr std::string_view kQuotaError = "KV:LogBackup:OutOfQuota";

// The stores for which `holds`.
template <typename Predicate>
std::vector<const Instance*> StoresWhere(const Case& c, const Predicate& holds) {
  std::vector<const Instance*> found;
  std::copy_if(c.stores().begin(), c.stores().end(), std::back_inserter(found),
               [&](const Instance* store) { return holds(*store); });
  return found;
}

std::string StoresText(const std::vector<const Instance*>& stores) {
  return stores.size() == 1 ? "1 store" : fmt::format("{} stores", stores.size());
}

void ExamineRetries(Case* c) {
  const auto retrying = StoresWhere(*c, [&](const Instance& store) {
    return c->Increase(store, Signal::kScanReasons, 10, "retry") > kMaxRetries;
  });
  if (retrying.empty()) {
    return;
  }
  Note note =
      c->Add(kObservationRetries, Severity::kWarning, Confidence::kMedium,
             fmt::format("{} tried to observe regions again and again", StoresText(retrying)));
  for (const Instance* store : retrying) {
    note.At(*store).CiteIncrease(*store, Signal::kScanReasons, 10, "retry");
    for (const std::string_view type : {"KV:LogBackup:RaftReq", "KV:LogBackup:RaftStore",
                                        "KV:LogBackup:gRPC", "KV:LogBackup:Pd"}) {
      if (c->Increase(*store, Signal::kErrors, 10, type) > 0) {
        note.CiteIncrease(*store, Signal::kErrors, 10, type);
      }
    }
  }
}

// Neither does the store flush, nor does its own checkpoint move.
bool Stands(const Case& c, const Instance& store) {
  const Track* own = store.Find(Signal::kStoreCheckpoint);
  const bool frozen = own != nullptr && c.time() - own->changed_at() > kWatchedMs;
  return frozen ||
         (c.Has(store, Signal::kFlushes) && !c.GrewWithin(store, Signal::kFlushes, 5 * kMinuteMs));
}

void ExaminePd(Case* c) {
  const auto cut_off = StoresWhere(*c, [&](const Instance& store) {
    return c->Increase(store, Signal::kErrors, 5, kPdError) > kMaxPdErrors;
  });
  const bool all = cut_off.size() > 1 && cut_off.size() == c->stores().size();
  const bool stand = std::any_of(cut_off.begin(), cut_off.end(),
                                 [&](const Instance* store) { return Stands(*c, *store); });
  // A burst on all stores while they go on is a change of PD's leader.
  if (cut_off.empty() || (all && !stand)) {
    return;
  }
  Note note = c->Add(kStoreCannotReachPd, Severity::kWarning,
                     stand ? Confidence::kHigh : Confidence::kMedium,
                     fmt::format("{} met errors of PD{}", StoresText(cut_off),
                                 stand ? " and made no progress" : ""));
  for (const Instance* store : cut_off) {
    note.At(*store).CiteIncrease(*store, Signal::kErrors, 5, kPdError);
    note.CiteIncrease(*store, Signal::kFlushes, 5);
  }
}

void ExamineScans(Case* c) {
  const auto queued = StoresWhere(*c, [&](const Instance& store) {
    return c->Gauge(store, Signal::kQueuedScans).value_or(0) > kMaxQueuedScans;
  });
  if (queued.empty()) {
    return;
  }
  Note note = c->Add(kScanStorm, Severity::kWarning, Confidence::kMedium,
                     fmt::format("scans queue up on {}", StoresText(queued)));
  for (const Instance* store : queued) {
    note.At(*store).Cite(*store, Signal::kQueuedScans);
    for (const Signal signal : {Signal::kScanDiskBytes, Signal::kResidentBytes}) {
      if (c->Has(*store, signal)) {
        note.Cite(*store, signal);
      }
    }
  }
}

bool FillsMemory(const Case& c, const Instance& store) {
  return c.Gauge(store, Signal::kHeapBytes).value_or(0) > kMaxHeapBytes ||
         c.Increase(store, Signal::kErrors, 5, kQuotaError) > 0;
}

void ExamineMemory(Case* c) {
  const auto full = StoresWhere(*c, [&](const Instance& s) { return FillsMemory(*c, s); });
  if (full.empty()) {
    return;
  }
  Note note = c->Add(kStreamMemory, Severity::kWarning, Confidence::kMedium,
                     fmt::format("changes fill the memory of {}", StoresText(full)));
  for (const Instance* store : full) {
    note.At(*store);
    for (const Signal signal : {Signal::kHeapBytes, Signal::kTempMemory}) {
      if (c->Has(*store, signal)) {
        note.Cite(*store, signal);
      }
    }
    for (const auto& [signal, part] : {std::pair(Signal::kSwappedOutBytes, std::string_view{}),
                                       std::pair(Signal::kErrors, kQuotaError)}) {
      if (c->Increase(*store, signal, 5, part) > 0) {
        note.CiteIncrease(*store, signal, 5, part);
      }
    }
  }
}

void ExamineKeptMemory(Case* c) {
  const auto keeping = StoresWhere(*c, [&](const Instance& store) {
    const Track* memory = store.Find(Signal::kTempMemory);
    return c->cluster().Fresh(memory) && memory->value() > 0 &&
           c->time() - memory->changed_at() > 10 * kMinuteMs &&
           c->GrewWithin(store, Signal::kIdleBeats, 2 * kMinuteMs);
  });
  if (keeping.empty()) {
    return;
  }
  Note note = c->Add(kMemoryNotFreed, Severity::kInfo, Confidence::kMedium,
                     fmt::format("{} observe nothing and keep memory", StoresText(keeping)));
  for (const Instance* store : keeping) {
    note.At(*store).Cite(*store, Signal::kTempMemory).CiteIncrease(*store, Signal::kIdleBeats, 5);
  }
}

// The endpoint's actor has handled nothing, though its page is scraped: counts of messages that
// stand still are there, or none were born since a restart and log backup is on.
bool Hangs(const Case& c, const Instance& store) {
  const auto messages = store.All(Signal::kActorMessages);
  const Track* enabled = store.Find(Signal::kEnabled);
  const bool scraped = (c.cluster().Fresh(enabled) && enabled->value() > 0) ||
                       std::any_of(messages.begin(), messages.end(), [&](const auto& track) {
                         return c.time() - track->time() <= kMinuteMs && !track->ended();
                       });
  const bool moved = std::any_of(messages.begin(), messages.end(), [&](const auto& track) {
    return track->increased_at().has_value() && c.time() - *track->increased_at() <= kHangMs;
  });
  return scraped && !moved && c.SteadyFor(store, kWatchedMs);
}

void ExamineHang(Case* c) {
  const auto hanging = StoresWhere(*c, [&](const Instance& s) { return Hangs(*c, s); });
  if (hanging.empty()) {
    return;
  }
  const bool too_many = std::any_of(hanging.begin(), hanging.end(), [&](const Instance* store) {
    return c->Gauge(*store, Signal::kLeaders).value_or(0) > kMaxLeaders;
  });
  Note note = c->Add(
      kRegistrationHang, Severity::kCritical, too_many ? Confidence::kHigh : Confidence::kMedium,
      fmt::format("log backup of {} has handled nothing for 2 minutes{}", StoresText(hanging),
                  too_many ? ", with more than 32,768 leaders" : ""));
  for (const Instance* store : hanging) {
    note.At(*store);
    for (const auto& messages : store->All(Signal::kActorMessages)) {
      note.Cite(*store, Signal::kActorMessages, messages->part());
    }
    for (const Signal signal : {Signal::kLeaders, Signal::kObservedRegions}) {
      if (c->Has(*store, signal)) {
        note.Cite(*store, signal);
      }
    }
  }
}

void ExamineLeftFiles(Case* c) {
  const auto left = StoresWhere(*c, [&](const Instance& store) {
    return c->Gauge(store, Signal::kTempFiles).value_or(0) > 0 &&
           c->SteadyFor(store, 30 * kMinuteMs) && c->Increase(store, Signal::kFlushes, 30) <= 0;
  });
  if (left.empty()) {
    return;
  }
  Note note = c->Add(kTempFilesLeft, Severity::kInfo, Confidence::kMedium,
                     fmt::format("{} have not flushed for half an hour and keep temporary files",
                                 StoresText(left)));
  for (const Instance* store : left) {
    note.At(*store).Cite(*store, Signal::kTempFiles).CiteIncrease(*store, Signal::kFlushes, 30);
  }
}

}  // namespace

void ExamineStores(Case* c) {
  ExamineRetries(c);
  ExaminePd(c);
  ExamineScans(c);
  ExamineMemory(c);
  ExamineKeptMemory(c);
  ExamineHang(c);
  ExamineLeftFiles(c);
}

}  // namespace tidemark::fleet
