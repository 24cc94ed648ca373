// Db is the store: head, journal, and what has been persisted, as one.
//
//   ASSIGN_OR_RETURN(auto db, Db::Open(options, deps));   // recovers first
//   WriteSession session(db.get());                       // storage/write_session.h
//   …
//   db->Close();
//
// Thread-safe, except Open and Close. It runs three threads of its own: the journal's, one for the
// sweep and other upkeep, and one for consolidation and retention. A sample is readable as soon as
// it is appended, and survives a crash as soon as its acknowledgement was given.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file_system.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "model/matcher.h"
#include "storage/change_log.h"
#include "storage/cold/cold_index.h"
#include "storage/cold/evictor.h"
#include "storage/consolidation/consolidator.h"
#include "storage/head/head.h"
#include "storage/journal/journal.h"
#include "storage/live_store.h"
#include "storage/metadata_table.h"
#include "storage/new_series.h"
#include "storage/querier.h"
#include "storage/retention/retention_policy.h"
#include "storage/rocksdb/rocks_store.h"
#include "storage/sweeper.h"

namespace tidemark::storage {

struct DbOptions {
  std::string path;  // data folder, made if it is not there; journal/ and rocksdb/ live below
  // How old a sample may be, and how long one is kept. 0 keeps everything, and takes any time
  // from the epoch on, the future included.
  int64_t retention_ms = 15LL * 24 * 3600 * 1000;
  // How far in the future a sample may be, by the receiver's clock; 0 is no bound. Not looked at
  // when retention_ms is 0.
  int64_t max_future_ms = 10LL * 60 * 1000;
  // A sweep starts when this time has passed since the last one, or when the journal has grown by
  // so many bytes, so that a restart has little to replay at any rate of samples.
  int64_t sweep_interval_ms = 600'000;
  uint64_t sweep_journal_bytes = 64ull << 20;
  // A series that nobody has appended to for so long leaves memory; 0 keeps all in memory.
  int64_t inactive_after_ms = kBucketMs;
  // Series that are kept for another time than retention_ms: the first rule that fits counts.
  std::vector<RetentionRule> retention_rules;
  // Bytes of table files above which the oldest buckets go before their time; 0 is no bound.
  uint64_t retention_bytes = 0;
  // How often buckets that are due are looked for; 0: only when ConsolidateDue is called.
  int64_t consolidation_interval_ms = 10'000;
  ConsolidationOptions consolidation;
  SyncMode sync = SyncMode::kAlways;
  int64_t sync_interval_ms = 1000;  // of SyncMode::kInterval
  size_t max_pending_journal_bytes = 256u << 20;
  uint64_t journal_segment_bytes = 128ull << 20;
  RocksStoreOptions store;
};

// All must outlive the Db; `fs` may be null for the real file system.
struct DbDeps {
  const base::Clock* clock = nullptr;
  base::Logger* logger = nullptr;
  base::MetricsRegistry* metrics = nullptr;
  base::FileSystem* fs = nullptr;
};

class Db final : public LiveStore {
 public:
  // Opens or creates the store at options.path and brings back everything acknowledged before.
  static absl::StatusOr<std::unique_ptr<Db>> Open(const DbOptions& options, const DbDeps& deps);
  ~Db() override;
  Db(const Db&) = delete;
  Db& operator=(const Db&) = delete;

  // Sweeps what is left, closes journal and store. Call once, after the last WriteSession and
  // query; afterwards only the destructor may be called. Without it nothing acknowledged is lost:
  // the next Open replays the journal.
  absl::Status Close();

  // One sweep now, at full speed, and whatever has outlived its retention as a whole bucket goes;
  // returns when it is done.
  absl::Status Sweep() ABSL_LOCKS_EXCLUDED(sweep_mu_, rewrite_mu_);
  // Rewrites the buckets that are due now.
  absl::Status ConsolidateDue() ABSL_LOCKS_EXCLUDED(rewrite_mu_);
  // Brings all there is into sealed chunks, the open bucket included.
  absl::Status Flush() ABSL_LOCKS_EXCLUDED(sweep_mu_, rewrite_mu_);

  // Deletes the samples in [min_time, max_time] of the series that pass all matchers of one of the
  // selectors. What was acknowledged before the call is gone for queries that begin after it; a
  // sample that comes while the call runs may go or stay, one that comes later stays, whatever its
  // time. The disk space is given back when the buckets are next rewritten.
  absl::Status DeleteSeries(std::span<const std::vector<model::Matcher>> selectors,
                            model::Timestamp min_time, model::Timestamp max_time)
      ABSL_LOCKS_EXCLUDED(sweep_mu_);
  // Rewrites the buckets in which something is deleted.
  absl::Status CleanTombstones() ABSL_LOCKS_EXCLUDED(rewrite_mu_);

  // Replaces DbOptions::retention_rules: for queries at once, on disk when the buckets are next
  // looked at.
  void SetRetentionRules(std::vector<RetentionRule> rules);

  // Makes <path>/snapshots/<name>, a data folder that has everything acknowledged before the call,
  // and returns the name. Sweeps wait meanwhile.
  absl::StatusOr<std::string> Snapshot() ABSL_LOCKS_EXCLUDED(sweep_mu_);

  // Unavailable when writes must wait: too much is on its way to the disk.
  absl::Status CheckWritable() const;

  absl::StatusOr<std::unique_ptr<SeriesSet>> Select(const Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelNames(const Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                       const Selection& selection) const override;

  const ChangeLog* changes() const override { return &changes_; }
  model::Timestamp kept_from() const override;
  Arrivals* arrivals() override { return &arrivals_; }
  void Reclassify(ArrivalSubscriber* subscriber) override;
  absl::Status VisitSeries(
      const Selection& selection,
      absl::FunctionRef<void(SeriesKey key, model::LabelsView labels)> visit) const override;
  std::optional<SeriesName> NameOf(SeriesRef ref) const override;
  absl::Status ReadSeries(SeriesKey key, model::Timestamp min_time, model::Timestamp max_time,
                          SampleColumns* columns) const override;

  // The stored name of every series that passes all matchers and whose extent in time overlaps the
  // selection's, in memory or not. It may have no sample there. Sorted.
  absl::StatusOr<std::vector<SeriesKey>> MatchingSeries(const Selection& selection) const;

  // Type, help and unit as senders told them: of all families, or of `metric`; by name.
  std::vector<MetadataTable::Entry> Metadata(std::string_view metric = {}) const {
    return metadata_.List(metric);
  }

  // Times a sample may have at this moment, both included.
  struct TimeBounds {
    model::Timestamp oldest;
    model::Timestamp newest;
  };
  TimeBounds AcceptedTimes() const;

  size_t series_count() const { return head_.series_count(); }

 private:
  friend class WriteSession;

  Db(const DbOptions& options, const DbDeps& deps);
  absl::Status Init();
  absl::Status OpenJournal();
  void RegisterMetrics();
  std::string RejournaledDefinitions() const;

  // Refs of the series in memory that are selected and whose extent in time overlaps the
  // selection's. REQUIRES: a Guard of the head is open.
  SeriesBitmap SelectRefs(const Selection& selection) const;
  // The selected series out of memory, without those in `live`. REQUIRES: `live` was taken before.
  absl::StatusOr<std::vector<ColdSeries>> SelectCold(const Selection& selection,
                                                     const SeriesBitmap& live) const;

  void Upkeep() ABSL_LOCKS_EXCLUDED(upkeep_mu_, sweep_mu_);
  int64_t SweepIfDue(int64_t next_sweep) ABSL_LOCKS_EXCLUDED(sweep_mu_);
  absl::StatusOr<uint32_t> SweepOnce(Pace pace) ABSL_LOCKS_EXCLUDED(sweep_mu_);
  // Samples up to `newest` may be gone from the store though the head has them still.
  void NoteGone(model::Timestamp newest);
  absl::Status DropExpired() ABSL_EXCLUSIVE_LOCKS_REQUIRED(rewrite_mu_)
      ABSL_LOCKS_EXCLUDED(sweep_mu_);
  absl::StatusOr<int64_t> FirstBucketWithin(uint64_t bytes) const;
  void Consolidate() ABSL_LOCKS_EXCLUDED(upkeep_mu_, rewrite_mu_);
  absl::Status OpenConsolidator();
  // The series of MatchingSeries.
  absl::StatusOr<SeriesBitmap> RefsOf(const Selection& selection) const;
  // Waits; false once the store closes.
  bool WaitUnlessStopping(int64_t wait_ms) ABSL_LOCKS_EXCLUDED(upkeep_mu_);
  void StopThreads() ABSL_LOCKS_EXCLUDED(upkeep_mu_);

  const DbOptions options_;
  const DbDeps deps_;
  const std::unique_ptr<base::FileSystem> own_fs_;  // when none was given
  base::FileSystem* const fs_;

  Arrivals arrivals_;
  Head head_;
  NewSeries new_series_;
  MetadataTable metadata_;
  ChangeLog changes_;
  std::unique_ptr<RocksStore> store_;
  std::unique_ptr<ColdIndex> cold_;
  std::unique_ptr<Journal> journal_;

  base::Mutex sweep_mu_ ABSL_ACQUIRED_AFTER(rewrite_mu_);  // sweeps take turns
  std::unique_ptr<Sweeper> sweeper_ ABSL_PT_GUARDED_BY(sweep_mu_);
  std::unique_ptr<Evictor> evictor_ ABSL_PT_GUARDED_BY(sweep_mu_);

  base::Mutex rewrite_mu_;  // rewrites and drops of buckets take turns
  // What is not thread-safe of it is called under rewrite_mu_.
  std::unique_ptr<Consolidator> consolidator_;
  int64_t first_bucket_ ABSL_GUARDED_BY(rewrite_mu_) = INT64_MIN;  // buckets before it are dropped
  // The longest time that samples are kept. Writer: SetRetentionRules. Publishes nothing else.
  std::atomic<int64_t> longest_keep_ms_;

  // Samples up to this time may have been deleted or dropped while their series was in memory.
  // Writer: NoteGone. Readers: queries. Publishes nothing else.
  std::atomic<model::Timestamp> newest_deleted_{model::kMinTimestamp};

  base::Mutex upkeep_mu_;
  base::CondVar upkeep_wake_;
  bool stopping_ ABSL_GUARDED_BY(upkeep_mu_) = false;
  // Set with stopping_, for work that is under way. Publishes nothing else.
  std::atomic<bool> stop_rewrites_{false};
  std::thread upkeep_;
  std::thread consolidation_;
  bool sweep_failed_ = false;  // upkeep's thread only
};

}  // namespace tidemark::storage
