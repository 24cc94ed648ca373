// AlertHistory keeps what has happened to alerts: durably, exactly, and in order.
//
//   ASSIGN_OR_RETURN(auto history, AlertHistory::Open(options, deps));
//   engine.Restore(… history->States() …);
//   history->Record({record});                    // each transition, each telling of receivers
//   history->Query({.min_time = …, .rules = {"LagTooLong"}});
//
// It is a log of records (storage/journal) and a checkpoint of the last record of every alert.
// Invariants:
//   1. States() is the fold over all records that are not late: for each alert its last one. It is
//   the same before
//      a crash and after it, for everything that had reached the disk.
//   2. What the checkpoint says is in it up to a segment is in it; the log behind that segment is
//      complete. So a restart is the checkpoint and the log behind it.
//   3. A record that the disk refused is kept in memory (up to a bound, then counted as lost) and
//      written when the disk takes records again.
//   4. The log goes by its age and size, oldest segments first; the checkpoint holds on to alerts
//      whose records have gone.
//
// Alerts that were resolved long enough ago are forgotten, as the rules' own states are. Bytes:
// docs/format/alert-log.md. Thread-safe; Record() waits for no disk.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert/history/alert_record.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/string_map.h"
#include "model/matcher.h"
#include "storage/journal/journal.h"
#include "storage/journal/journal_reader.h"

namespace tidemark::alert {

struct AlertHistoryOptions {
  std::string dir;  // made if it is not there
  storage::SyncMode sync = storage::SyncMode::kAlways;
  int64_t sync_interval_ms = 1000;      // of SyncMode::kInterval
  int64_t retention_ms = 0;             // of records in the log; 0 keeps them as long as they fit
  uint64_t max_bytes = 1ull << 30;      // of the log; beyond it the oldest records go
  uint64_t segment_bytes = 4ull << 20;  // of the log, before a checkpoint begins a new one
  // How often is looked whether a checkpoint is due; 0: only Checkpoint() makes one.
  int64_t upkeep_interval_ms = 10'000;
  int64_t checkpoint_interval_ms = 600'000;  // at the latest, if anything was recorded
};

// All must outlive the history; `fs` may be null for the real file system.
struct AlertHistoryDeps {
  const base::Clock* clock = nullptr;
  base::Logger* logger = nullptr;
  base::MetricsRegistry* metrics = nullptr;
  base::FileSystem* fs = nullptr;
};

// Which transitions are asked for, late ones included.
struct HistoryQuery {
  model::Timestamp min_time = model::kMinTimestamp;  // of AlertRecord::t, both included
  model::Timestamp max_time = model::kMaxTimestamp;
  std::vector<std::string> rules;                      // names; none: any
  std::vector<std::vector<model::Matcher>> selectors;  // of the alert's labels, ORed; none: any
  size_t limit = 0;                                    // the newest so many; 0: all
};

struct HistoryAnswer {
  std::vector<AlertRecord> transitions;  // newest first; as they came, where times are equal
  bool truncated = false;                // there were more than the limit
};

class AlertHistory {
 public:
  // Brings back what was recorded before. Damage is logged and counted; what is readable behind it
  // comes back.
  static absl::StatusOr<std::unique_ptr<AlertHistory>> Open(const AlertHistoryOptions& options,
                                                            const AlertHistoryDeps& deps);
  ~AlertHistory();
  AlertHistory(const AlertHistory&) = delete;
  AlertHistory& operator=(const AlertHistory&) = delete;

  // Notes what has happened, in this order. The call does not wait for the disk. An update takes
  // partition and inputs from the state it updates.
  void Record(std::vector<AlertRecord> records) ABSL_LOCKS_EXCLUDED(mu_);

  // The last record of every alert that is not long resolved, in order of KeyOf().
  std::vector<AlertRecord> States() const ABSL_LOCKS_EXCLUDED(mu_);

  // Whether everything recorded has been written as AlertHistoryOptions::sync says.
  bool Written() const ABSL_LOCKS_EXCLUDED(mu_);

  absl::StatusOr<HistoryAnswer> Query(const HistoryQuery& query) const
      ABSL_LOCKS_EXCLUDED(mu_, files_mu_);

  // Writes the states, so that a restart reads little, and deletes what is too old of the log.
  absl::Status Checkpoint() ABSL_LOCKS_EXCLUDED(mu_, files_mu_);

  // Writes what is left. Call once; afterwards only States() and Query() may be called. Without it
  // nothing durable is lost.
  absl::Status Close() ABSL_LOCKS_EXCLUDED(mu_, files_mu_);

 private:
  // Segments of the log with the extent of their records.
  struct Part {
    storage::SegmentId first = 0;
    storage::SegmentId last = 0;
    uint64_t bytes = 0;
    model::Timestamp min_time = model::kMaxTimestamp;
    model::Timestamp max_time = model::kMinTimestamp;
    model::Timestamp newest_received = model::kMinTimestamp;

    void Include(const AlertRecord& record, uint64_t record_bytes);
  };

  AlertHistory(const AlertHistoryOptions& options, const AlertHistoryDeps& deps);

  absl::Status Load();
  absl::Status LoadLog(storage::SegmentId checkpointed, storage::JournalStart* next)
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Apply(const storage::RecordPosition& at, std::string_view payload,
                     bool is_in_checkpoint) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Report(const storage::RecordPosition& at, uint64_t length, std::string_view cause);
  void Fold(AlertRecord record) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeKnown(AlertRecord* update) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Submit(std::string payload) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Settle(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);
  std::string Unwritten() ABSL_LOCKS_EXCLUDED(mu_);
  void ForgetResolved() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status DeleteOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(files_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  bool CheckpointIsDue() const ABSL_LOCKS_EXCLUDED(mu_);
  void Upkeep() ABSL_LOCKS_EXCLUDED(mu_, files_mu_);
  void StopUpkeep() ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<Part> PartsOf(const HistoryQuery& query, std::vector<std::string>* in_flight) const
      ABSL_LOCKS_EXCLUDED(mu_);

  const AlertHistoryOptions options_;
  const AlertHistoryDeps deps_;
  const std::unique_ptr<base::FileSystem> own_fs_;  // when none was given
  base::FileSystem* const fs_;
  base::MetricsRegistry journal_metrics_;  // not exposed: the store's journal has these names
  base::Counter* const recorded_;
  base::Counter* const lost_;
  base::Counter* const damaged_;
  base::Counter* const checkpoint_failures_;
  base::Gauge* const log_bytes_;
  base::Gauge* const failing_;

  // Held while files go, and shared while they are read.
  mutable base::Mutex files_mu_ ABSL_ACQUIRED_BEFORE(mu_);

  mutable base::Mutex mu_;
  base::StringMap<AlertRecord> states_ ABSL_GUARDED_BY(mu_);  // by KeyOf()
  std::vector<Part> parts_ ABSL_GUARDED_BY(mu_);              // closed ones, oldest first
  Part current_ ABSL_GUARDED_BY(mu_);                       // what was recorded since the last cut
  int64_t checkpoint_at_ns_ ABSL_GUARDED_BY(mu_) = 0;       // steady time of the last one
  std::deque<std::string> in_flight_ ABSL_GUARDED_BY(mu_);  // on their way to the disk, in order
  std::string unwritten_ ABSL_GUARDED_BY(mu_);              // what the disk has refused
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  base::CondVar wake_;

  std::unique_ptr<storage::Journal> journal_;
  std::thread upkeep_;
};

}  // namespace tidemark::alert
