// HealthListener follows RocksDB's background work: whether the store takes writes, what failed,
// how often it stalled.
//
// Called by RocksDB's threads, some of them with its locks held, so it only records, counts and
// logs. Shared between the store and RocksDB. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "rocksdb/listener.h"

namespace tidemark::storage::internal {

class HealthListener final : public rocksdb::EventListener {
 public:
  // Both may be null; what is given must outlive the database.
  HealthListener(base::Logger* logger, base::MetricsRegistry* metrics);

  // OK, or the last background error that was not healed.
  absl::Status health() const ABSL_LOCKS_EXCLUDED(mu_);
  // How many background errors there were.
  uint64_t error_count() const ABSL_LOCKS_EXCLUDED(mu_);
  // Whether RocksDB has stopped itself since it was opened. 7.8.3 stays stopped when it is resumed,
  // although it tells no error then: waiting flushes return early, and to ingest a file ends the
  // process.
  bool stopped() const { return stopped_.load(std::memory_order_relaxed); }
  // The database was resumed after `error_count` errors; later ones stay.
  void MarkHealed(uint64_t error_count) ABSL_LOCKS_EXCLUDED(mu_);

  // Returns when a flush finishes or fails after the call, or at the latest after `timeout_ms`.
  void AwaitFlush(int64_t timeout_ms) ABSL_LOCKS_EXCLUDED(mu_);

  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo& info) override
      ABSL_LOCKS_EXCLUDED(mu_);
  void OnTableFileCreated(const rocksdb::TableFileCreationInfo& info) override;
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* error) override
      ABSL_LOCKS_EXCLUDED(mu_);
  // RocksDB's own recovery polls in a thread of its own; ours is tried by the next write.
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason reason, rocksdb::Status error,
                            bool* auto_recovery) override;
  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override;

 private:
  base::Logger* const logger_;
  base::Counter* errors_ = nullptr;
  base::Counter* stalls_ = nullptr;
  base::Counter* flushed_bytes_ = nullptr;
  base::Counter* compacted_bytes_ = nullptr;

  // Writer: the thread whose background work failed. Reader: who ingests. Publishes nothing.
  std::atomic<bool> stopped_{false};

  mutable base::Mutex mu_;
  base::CondVar flush_ended_;
  absl::Status health_ ABSL_GUARDED_BY(mu_);
  uint64_t error_count_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace tidemark::storage::internal
