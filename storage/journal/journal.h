// Journal makes what the head has been told durable: a log of opaque payloads in numbered
// segments, written by one thread that commits in groups.
//
//   ASSIGN_OR_RETURN(ReplayReport replayed, ReplayJournal(fs, dir, visit));
//   ASSIGN_OR_RETURN(auto journal, Journal::Open(options, replayed.next, deps));
//   auto entry = journal->NewEntry();
//   entry->payload.append(…);
//   entry->done = [](const absl::Status& s) {…};
//   journal->Submit(std::move(entry));
//
// Everything that was submitted while one group was being written and synced forms the next one:
// one write, one sync, then the callbacks. With SyncMode::kAlways a callback's OK means that the
// entry survives a power loss. Entries are written in the order of submission: one whose Submit()
// happens before another's is before it in the log.
//
// When the disk refuses (no space, input/output error) the callbacks of the group get Unavailable
// with the cause, the segment is abandoned behind its last good record, and each later group tries
// a new segment, so the journal recovers without a restart. What a failed write or sync covered is
// never reported as written. Bytes: docs/format/journal.md.
//
// NewEntry, Submit, Overloaded, failing, bytes_since_cut, Cut and DeleteThrough are thread-safe;
// callbacks run on the journal's thread and must not block or call Cut or Close.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mpsc_inbox.h"
#include "storage/journal/segment_format.h"

namespace tidemark::storage {

enum class SyncMode {
  kAlways,    // each group before it is acknowledged
  kInterval,  // every interval_ms: a power loss costs at most what came since
  kOff,       // when the operating system likes: survives a killed process only
};

struct JournalOptions {
  std::string dir;  // made if it is not there
  SyncMode sync = SyncMode::kAlways;
  int64_t interval_ms = 1000;             // of SyncMode::kInterval
  uint64_t segment_bytes = 128ull << 20;  // reserved for each segment
  size_t max_pending_bytes = 256u << 20;  // Overloaded() above this
  size_t max_group_bytes = 8u << 20;      // written at once; a larger entry is a group of its own
  // Asked for on the journal's thread before each group that follows a failed one: what it returns
  // is written ahead of the group, in the same write. So a definition that entries rely on, and
  // that a failed group may have taken along, is in the log before they are. May be empty.
  std::function<std::string()> rejournal;
};

// Where a journal goes on: ReplayReport::next, or the default for an empty folder.
struct JournalStart {
  SegmentId segment = 1;
  uint64_t sequence = 1;
  uint64_t bytes = 0;  // of the segments before: bytes_since_cut() begins with them
};

class EntryPool;
class SegmentLog;
class SpareFiles;
struct JournalMetrics;
struct JournalOrder;

// All must outlive the journal.
struct JournalDeps {
  base::FileSystem* fs = nullptr;
  const base::Clock* clock = nullptr;
  base::Logger* logger = nullptr;
  base::MetricsRegistry* metrics = nullptr;
};

// One record on its way to the log. `done` may be empty.
struct JournalEntry {
  using Done = absl::AnyInvocable<void(const absl::Status&)>;

  JournalEntry() = default;
  explicit JournalEntry(std::string bytes, Done callback = nullptr)
      : payload(std::move(bytes)), done(std::move(callback)) {}

  std::string payload;
  Done done;

  // The rest is the journal's.
  JournalEntry* next = nullptr;
  JournalOrder* order = nullptr;  // not a record but something to do between records
  int64_t submitted_ns = 0;
  uint32_t payload_crc = 0;
};

class Journal {
 public:
  // Makes durable what earlier runs left in the folder, begins segment `start.segment` and starts
  // the journal's thread. REQUIRES: every segment in the folder is older than `start.segment`.
  static absl::StatusOr<std::unique_ptr<Journal>> Open(const JournalOptions& options,
                                                       const JournalStart& start,
                                                       const JournalDeps& deps);
  // Closes if Close() was not called.
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // An empty entry; it may have been used before, and then keeps the memory of its payload.
  std::unique_ptr<JournalEntry> NewEntry();

  // Hands an entry over; `done` is called exactly once, on the journal's thread, or on this one
  // with Unavailable after Close(). Takes no lock, save to wake a journal that sleeps.
  // REQUIRES: entry->payload.size() <= kMaxPayloadBytes.
  void Submit(std::unique_ptr<JournalEntry> entry);

  // More bytes wait than max_pending_bytes. Submit() does not refuse: ask before.
  bool Overloaded() const {
    return pending_bytes_.load(std::memory_order_relaxed) > options_.max_pending_bytes;
  }

  // The last write failed. Not a reason to refuse entries: only the next group finds out that the
  // disk works again.
  bool failing() const { return failing_.load(std::memory_order_relaxed); }

  // Bytes of records that a restart would have to replay if it came now and everything up to the
  // last Cut() had been deleted: what was written since, and before the first one what earlier
  // runs left. Lags behind by at most the group being committed.
  uint64_t bytes_since_cut() const { return bytes_since_cut_.load(std::memory_order_relaxed); }

  // Closes the current segment and begins a new one. Every entry submitted before the call is in
  // the returned segment or an earlier one, or its callback has got an error. A segment without
  // records is not closed: the one before it is returned (0 if there is none). While the disk
  // fails the old segment is closed all the same, so that it can be swept and deleted.
  // Unavailable after Close().
  absl::StatusOr<SegmentId> Cut();

  // Deletes segments up to and including `last`, oldest first; a few files stay, under other names,
  // to be written again.
  // InvalidArgument when `last` is not closed.
  absl::Status DeleteThrough(SegmentId last);

  // Writes everything submitted, closes the segment and ends the thread. Later submissions are
  // refused. An error means that the segment could not be closed in order; each entry's own
  // callback has told its fate. Call once.
  absl::Status Close();

 private:
  Journal(const JournalOptions& options, const JournalDeps& deps,
          std::unique_ptr<JournalMetrics> metrics, std::unique_ptr<SpareFiles> spares,
          std::unique_ptr<SegmentLog> log);

  absl::StatusOr<SegmentId> Ask(JournalOrder* order);

  // On the journal's thread.
  void Run();
  void Drain(JournalEntry* oldest);
  JournalEntry* TakeGroup(JournalEntry* oldest);
  void CommitGroup();
  absl::Status AddRejournaled();
  void Execute(JournalOrder* order);
  void Finish();
  void Sleep();
  void ShowState();

  const JournalOptions options_;
  const JournalDeps deps_;
  const std::unique_ptr<JournalMetrics> metrics_;
  const std::unique_ptr<EntryPool> pool_;
  const std::unique_ptr<SpareFiles> spares_;

  // Bytes submitted and not yet acknowledged. Writers: submitters add, the journal's thread takes
  // off. Readers: Overloaded(). Publishes nothing else.
  std::atomic<size_t> pending_bytes_{0};
  // Writer: the journal's thread. Readers: failing(). Publishes nothing else.
  std::atomic<bool> failing_{false};
  // Writer: the journal's thread. Readers: bytes_since_cut(). Publishes nothing else.
  std::atomic<uint64_t> bytes_since_cut_{0};
  // The newest segment that is closed. Writer: the journal's thread. Readers: DeleteThrough().
  std::atomic<SegmentId> last_closed_{0};

  base::MpscInbox<JournalEntry> inbox_;

  // The journal's thread only.
  const std::unique_ptr<SegmentLog> log_;
  std::vector<std::unique_ptr<JournalEntry>> group_;  // being committed
  size_t group_cost_ = 0;                             // its share of pending_bytes_
  JournalOrder* close_order_ = nullptr;               // set by Close()

  std::thread thread_;
};

}  // namespace tidemark::storage
