#include "storage/journal/journal.h"

#include <pthread.h>

#include <algorithm>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "storage/journal/internal/entry_pool.h"
#include "storage/journal/internal/journal_metrics.h"
#include "storage/journal/internal/segment_log.h"
#include "storage/journal/internal/spare_files.h"
#include "storage/journal/journal_reader.h"

namespace tidemark::storage {
namespace {

// What an entry without payload costs in memory.
constexpr size_t kEntryOverhead = sizeof(JournalEntry) + 64;

constexpr double kSecondsPerNano = 1e-9;

size_t CostOf(const JournalEntry& entry) { return entry.payload.capacity() + kEntryOverhead; }

// Makes an entry ready to be written.
void Seal(const base::Clock& clock, JournalEntry* entry) {
  entry->payload_crc = base::Crc32c(entry->payload);
  entry->submitted_ns = clock.SteadyNanos();
}

absl::Status ClosedError() { return absl::UnavailableError("journal: closed"); }

}  // namespace

// What Cut() and Close() ask of the journal's thread, between two records. Lives on the stack of
// the thread that asks and waits.
struct JournalOrder {
  enum class Kind { kCut, kClose };

  explicit JournalOrder(Kind what) : kind(what) {}

  void Answer(absl::StatusOr<SegmentId> answer) ABSL_LOCKS_EXCLUDED(mu) {
    base::MutexLock lock(&mu);
    result = std::move(answer);
    answered = true;
    changed.Signal();
  }

  absl::StatusOr<SegmentId> Wait() ABSL_LOCKS_EXCLUDED(mu) {
    base::MutexLock lock(&mu);
    while (!answered) {
      changed.Wait(&mu);
    }
    return std::move(result);
  }

  const Kind kind;
  base::Mutex mu;
  base::CondVar changed;
  bool answered ABSL_GUARDED_BY(mu) = false;
  absl::StatusOr<SegmentId> result ABSL_GUARDED_BY(mu) = 0;
};

Journal::Journal(const JournalOptions& options, const JournalDeps& deps,
                 std::unique_ptr<JournalMetrics> metrics, std::unique_ptr<SpareFiles> spares,
                 std::unique_ptr<SegmentLog> log)
    : options_(options),
      deps_(deps),
      metrics_(std::move(metrics)),
      pool_(std::make_unique<EntryPool>()),
      spares_(std::move(spares)),
      log_(std::move(log)) {
  ShowState();
  thread_ = std::thread([this] { Run(); });
}

absl::StatusOr<std::unique_ptr<Journal>> Journal::Open(const JournalOptions& options,
                                                       const JournalStart& start,
                                                       const JournalDeps& deps) {
  auto metrics = std::make_unique<JournalMetrics>(deps.metrics);
  auto spares = std::make_unique<SpareFiles>(deps.fs, options.dir);
  ASSIGN_OR_RETURN(auto log, SegmentLog::Open(options, start, deps, metrics.get(), spares.get()));
  return std::unique_ptr<Journal>(
      new Journal(options, deps, std::move(metrics), std::move(spares), std::move(log)));
}

Journal::~Journal() {
  if (!thread_.joinable()) {
    return;
  }
  if (const absl::Status status = Close(); !status.ok()) {
    deps_.logger->Error("journal not closed in order", {{"cause", status}});
  }
}

std::unique_ptr<JournalEntry> Journal::NewEntry() { return pool_->Take(); }

void Journal::Submit(std::unique_ptr<JournalEntry> entry) {
  TIDEMARK_CHECK(entry->payload.size() <= kMaxPayloadBytes, "{}", entry->payload.size());
  Seal(*deps_.clock, entry.get());
  const size_t cost = CostOf(*entry);
  pending_bytes_.fetch_add(cost, std::memory_order_relaxed);
  if (inbox_.Push(entry.get())) {
    // Now the journal's thread owns it, and may have deleted it already.
    static_cast<void>(entry.release());
    return;
  }
  pending_bytes_.fetch_sub(cost, std::memory_order_relaxed);
  if (entry->done) {
    entry->done(ClosedError());
  }
}

absl::StatusOr<SegmentId> Journal::Ask(JournalOrder* order) {
  JournalEntry entry;
  entry.order = order;
  if (!inbox_.Push(&entry)) {
    return ClosedError();
  }
  return order->Wait();
}

absl::StatusOr<SegmentId> Journal::Cut() {
  JournalOrder order(JournalOrder::Kind::kCut);
  return Ask(&order);
}

absl::Status Journal::Close() {
  JournalOrder order(JournalOrder::Kind::kClose);
  absl::Status status = Ask(&order).status();
  thread_.join();
  return status;
}

absl::Status Journal::DeleteThrough(SegmentId last) {
  // Acquire pairs with ShowState(): what was written to those segments has been done.
  const SegmentId last_closed = last_closed_.load(std::memory_order_acquire);
  if (last > last_closed) {
    return absl::InvalidArgumentError(fmt::format(
        "delete journal segments up to {}: only those up to {} are closed", last, last_closed));
  }
  ASSIGN_OR_RETURN(std::vector<SegmentId> segments, ListSegments(deps_.fs, options_.dir));
  segments.erase(std::upper_bound(segments.begin(), segments.end(), last), segments.end());
  return base::Annotate(spares_->Retire(segments, /*needed=*/failing()), "delete journal segments");
}

void Journal::Run() {
  pthread_setname_np(pthread_self(), "journal");
  while (close_order_ == nullptr) {
    if (JournalEntry* oldest = inbox_.TakeAll(); oldest != nullptr) {
      Drain(oldest);
    } else {
      Sleep();
    }
  }
  Finish();
}

// Writes what is linked from `oldest` on, group by group.
void Journal::Drain(JournalEntry* oldest) {
  while (oldest != nullptr) {
    if (oldest->order != nullptr) {
      JournalOrder* const order = oldest->order;
      oldest = oldest->next;
      Execute(order);
    } else {
      oldest = TakeGroup(oldest);
      CommitGroup();
    }
  }
}

// Moves entries to group_ as long as they make one write. Returns the first that is left.
JournalEntry* Journal::TakeGroup(JournalEntry* oldest) {
  const uint64_t limit = std::min<uint64_t>(
      options_.max_group_bytes,
      options_.segment_bytes -
          std::min<uint64_t>(options_.segment_bytes, kSegmentHeaderBytes + FrameBytes(0)));
  uint64_t bytes = 0;
  while (oldest != nullptr && oldest->order == nullptr) {
    bytes += FrameBytes(oldest->payload.size());
    if (bytes > limit && !group_.empty()) {
      break;
    }
    group_.emplace_back(oldest);
    group_cost_ += CostOf(*oldest);
    oldest = oldest->next;
  }
  metrics_->group_entries->Observe(static_cast<double>(group_.size()));
  metrics_->group_bytes->Observe(static_cast<double>(bytes));
  return oldest;
}

void Journal::CommitGroup() {
  absl::Status status = log_->failing() ? AddRejournaled() : absl::OkStatus();
  if (status.ok()) {
    status = log_->Commit(group_);
  }
  if (status.ok()) {
    metrics_->entries->Add(group_.size());
  }
  const int64_t waited_ns = deps_.clock->SteadyNanos() - group_.front()->submitted_ns;
  metrics_->group_wait_seconds->Observe(static_cast<double>(waited_ns) * kSecondsPerNano);
  pending_bytes_.fetch_sub(group_cost_, std::memory_order_relaxed);
  group_cost_ = 0;
  ShowState();
  for (auto& entry : group_) {
    if (entry->done) {
      entry->done(status);
      entry->done = nullptr;  // what it holds on to need not wait for the rest of the group
    }
  }
  pool_->Give(&group_);
}

// Puts what a failed group may have taken along ahead of the present one.
absl::Status Journal::AddRejournaled() {
  auto entry =
      std::make_unique<JournalEntry>(options_.rejournal ? options_.rejournal() : std::string());
  if (entry->payload.empty()) {
    return absl::OkStatus();
  }
  if (entry->payload.size() > kMaxPayloadBytes) {
    return absl::UnavailableError(
        fmt::format("journal: {} bytes to write again after an error, at most {} can be",
                    entry->payload.size(), kMaxPayloadBytes));
  }
  Seal(*deps_.clock, entry.get());
  group_.insert(group_.begin(), std::move(entry));
  return absl::OkStatus();
}

void Journal::Execute(JournalOrder* order) {
  if (order->kind == JournalOrder::Kind::kClose) {
    close_order_ = order;
    return;
  }
  log_->Cut();
  ShowState();
  order->Answer(log_->last_closed());
}

// Refuses what comes from now on, writes the rest and answers Close().
void Journal::Finish() {
  Drain(inbox_.Close());
  absl::Status status = log_->Close();
  ShowState();
  if (status.ok()) {
    close_order_->Answer(log_->last_closed());
  } else {
    close_order_->Answer(std::move(status));
  }
}

void Journal::Sleep() {
  const std::optional<int64_t> sync_ms = log_->MsUntilSync();
  if (sync_ms == 0) {
    // Those who wait have their answer; failing() tells the rest.
    log_->SyncIfDue().IgnoreError();
    ShowState();
    return;
  }
  inbox_.Wait(sync_ms);
}

// Makes the state of the log visible to other threads.
void Journal::ShowState() {
  last_closed_.store(log_->last_closed(), std::memory_order_release);
  failing_.store(log_->failing(), std::memory_order_relaxed);
  bytes_since_cut_.store(log_->bytes_since_cut(), std::memory_order_relaxed);
  metrics_->failing->Set(log_->failing() ? 1 : 0);
  metrics_->pending_bytes->Set(static_cast<double>(pending_bytes_.load(std::memory_order_relaxed)));
}

}  // namespace tidemark::storage
