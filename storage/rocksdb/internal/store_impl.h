// What RocksStore and StoreBatch are made of.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "storage/rocksdb/internal/health_listener.h"
#include "storage/rocksdb/internal/property_gauges.h"
#include "storage/rocksdb/internal/schema.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage {

namespace internal {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view FromSlice(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

using FamilyHandles = std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>;

// The chunks written to a bucket since its rewrite began.
struct RewriteNotes {
  int64_t bucket = 0;
  std::vector<std::pair<std::string, std::string>> chunks;  // key, value
};

// The row of a timeline; NotFound if there is none. `snapshot` may be null.
absl::StatusOr<std::string> LoadTimeline(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* sealed,
                                         const rocksdb::Snapshot* snapshot, int64_t bucket,
                                         uint32_t number);

// DataLoss that names the family and the key.
absl::Status DamagedEntry(Family family, std::string_view key);

}  // namespace internal

struct RocksStore::Impl {
  using Family = internal::Family;
  using VisitEntry = absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)>;

  ~Impl() { Shut().IgnoreError(); }

  rocksdb::ColumnFamilyHandle* family(Family f) const { return families[static_cast<size_t>(f)]; }
  // Gives the handles back and closes the database; nothing is flushed.
  absl::Status Shut();
  absl::Status ForEach(Family from, VisitEntry visit) const;
  // Resumes the database if its background work failed.
  absl::Status Heal() const;
  // Returns when no memtable waits for its flush.
  absl::Status AwaitMemtables() const;
  absl::Status WriteRaw(rocksdb::WriteBatch* batch) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(write_mu);
  // As WriteRaw, and notes what goes to a bucket that is being rewritten.
  absl::Status Write(rocksdb::WriteBatch* batch) ABSL_LOCKS_EXCLUDED(write_mu);

  // Deletes all rows before `end_key`, whole files where it can.
  absl::Status DropBefore(Family from, std::string_view end_key) const
      ABSL_LOCKS_EXCLUDED(write_mu);
  // The buckets that have an entry in the family, ascending.
  absl::StatusOr<std::vector<int64_t>> BucketsOf(Family of) const;

  uint64_t BytesOf(Family of, int64_t bucket) const;

  // From here to EndRewrite chunks written to `bucket` are noted. The snapshot is the caller's to
  // release. REQUIRES: no other rewrite is under way.
  const rocksdb::Snapshot* BeginRewrite(int64_t bucket) ABSL_LOCKS_EXCLUDED(write_mu);
  void EndRewrite() ABSL_LOCKS_EXCLUDED(write_mu);
  // Deletes the chunks in [begin, end), but for those that were noted, and makes `changes`.
  absl::Status CommitRewrite(bool delete_chunks, const rocksdb::Slice& begin,
                             const rocksdb::Slice& end, rocksdb::WriteBatch* changes)
      ABSL_LOCKS_EXCLUDED(write_mu);

  std::shared_ptr<internal::HealthListener> listener;
  std::shared_ptr<internal::PropertyGauges> gauges;
  std::unique_ptr<rocksdb::DB> db;  // null once shut
  internal::FamilyHandles families{};
  rocksdb::Env* env = nullptr;
  std::string rewrite_dir;  // for the table files of a rewrite

  // Held while a batch is applied to the memtables, so that a rewrite begins and ends between two
  // batches. Writes to RocksDB take turns anyway.
  mutable base::Mutex write_mu;
  std::unique_ptr<internal::RewriteNotes> rewrite ABSL_GUARDED_BY(write_mu);
};

struct StoreBatch::Impl {
  rocksdb::ColumnFamilyHandle* family(internal::Family f) const {
    return families[static_cast<size_t>(f)];
  }

  void Put(internal::Family to, std::string_view key, std::string_view value);

  internal::FamilyHandles families;
  rocksdb::WriteBatch changes;
  std::string scratch;  // one encoded value
};

}  // namespace tidemark::storage
