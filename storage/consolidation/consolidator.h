// Consolidator rewrites buckets, so that a closed bucket has one sealed chunk a series and nothing
// that was deleted or has outlived its retention.
//
// A bucket is due when
//   - it has closed (its end and a grace have passed by the receiver's clock) and has chunks that
//     sweeps wrote; if it is sealed already these came late, and gather for `late_delay_ms` or
//     until there are `late_bytes` of them;
//   - the retention of some series in it has passed, but not that of all.
// A rewrite that fails leaves everything as it was (rocksdb/bucket_rewrite.h); it is logged,
// counted and tried again after kRetryMs.
//
// It also keeps the tombstones, since a rewrite changes both in one step: View gives the chunks and
// the tombstones of one moment.
//
// View, AddTombstone, SetRetention and retention are thread-safe; the rest is for one thread at a
// time, as the Db sees to.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "model/matcher.h"
#include "storage/deletion/tombstones.h"
#include "storage/pace.h"
#include "storage/retention/retention_policy.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage {

struct ConsolidationOptions {
  int64_t grace_ms = 30LL * 60 * 1000;
  int64_t late_delay_ms = 60LL * 60 * 1000;
  uint64_t late_bytes = 32ull << 20;
};

class Consolidator {
 public:
  // All series that pass the matchers, in memory or not.
  using SelectSeries =
      std::function<absl::StatusOr<SeriesBitmap>(std::span<const model::Matcher> matchers)>;

  struct Parts {
    RocksStore* store;
    const base::Clock* clock;
    base::Logger* logger;
    base::MetricsRegistry* metrics;
    SelectSeries select;
  };

  static constexpr int64_t kRetryMs = 60'000;

  // All parts must outlive the consolidator.
  static absl::StatusOr<std::unique_ptr<Consolidator>> Create(const Parts& parts,
                                                              const ConsolidationOptions& options,
                                                              RetentionPolicy policy);

  // What a reader needs: the chunks, and what of them is deleted.
  struct View {
    std::unique_ptr<ChunkReader> chunks;
    std::shared_ptr<const TombstoneSet> tombstones;
  };
  View NewView() const ABSL_LOCKS_EXCLUDED(view_mu_);

  // Gives the tombstone a number and makes it hold from now on. It survives a crash once the store
  // has been flushed.
  absl::Status AddTombstone(Tombstone tombstone) ABSL_LOCKS_EXCLUDED(view_mu_);

  void SetRetention(RetentionPolicy policy) ABSL_LOCKS_EXCLUDED(retention_mu_);
  // Never waits for a disk.
  std::shared_ptr<const RetentionPolicy> retention() const ABSL_LOCKS_EXCLUDED(retention_mu_);

  // Rewrites what is due, oldest first, until `stop`. The first error, but only after all others
  // were tried.
  absl::Status RewriteDue(Pace pace, std::atomic<bool>& stop);
  // Rewrites every bucket that has chunks of sweeps, the open one included.
  absl::Status RewriteAll();
  // Rewrites every bucket that a tombstone is for.
  absl::Status ApplyTombstones();

  // Deletes the buckets before `bucket`, and the tombstones that were for them only.
  absl::Status DropBucketsBefore(int64_t bucket) ABSL_LOCKS_EXCLUDED(view_mu_);

 private:
  Consolidator(const Parts& parts, const ConsolidationOptions& options, RetentionPolicy policy,
               std::shared_ptr<const TombstoneSet> tombstones);

  absl::StatusOr<std::vector<int64_t>> DueBuckets() ABSL_LOCKS_EXCLUDED(view_mu_);
  bool ChunksAreDue(int64_t bucket, bool sealed, int64_t now);
  bool RetentionIsDue(int64_t bucket, const RetentionPolicy& policy, int64_t now) const;
  absl::Status LoadRetained();
  absl::Status RewriteEach(const std::vector<int64_t>& buckets, Pace pace, std::atomic<bool>* stop);
  absl::Status Rewrite(int64_t bucket, Pace pace, std::atomic<bool>* stop)
      ABSL_LOCKS_EXCLUDED(view_mu_);
  // The series that each rule selects.
  absl::StatusOr<std::vector<SeriesBitmap>> SelectByRule(const RetentionPolicy& policy) const;
  void Report(int64_t bucket, const absl::Status& status);

  const Parts parts_;
  const ConsolidationOptions options_;

  // Held while a reader takes its view, and while both parts of it change.
  mutable base::Mutex view_mu_;
  std::shared_ptr<const TombstoneSet> tombstones_ ABSL_GUARDED_BY(view_mu_);
  uint64_t last_tombstone_ ABSL_GUARDED_BY(view_mu_);

  mutable base::Mutex retention_mu_;
  std::shared_ptr<const RetentionPolicy> retention_ ABSL_GUARDED_BY(retention_mu_);

  std::map<int64_t, int64_t> late_since_;  // bucket -> when late chunks were first seen in it
  std::map<int64_t, int64_t> retry_at_;    // bucket -> when to try again after a failure
  // By bucket: under which policy it was last rewritten, and how many retention times had passed
  // for it then. In the store, too, as facts.
  std::map<int64_t, std::string> retained_;

  uint64_t unreclaimed_bytes_ = 0;  // of chunks that rewrites deleted

  base::Gauge* const waiting_;
  base::Gauge* const tombstone_count_;
  base::Counter* const rewrites_;
  base::Counter* const failures_;
  base::Counter* const samples_;
  base::Counter* const bytes_read_;
  base::Counter* const bytes_written_;
  base::Histogram* const seconds_;
};

}  // namespace tidemark::storage
