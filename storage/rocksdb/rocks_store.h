// RocksStore keeps what the sweep has persisted: series, their states, metadata and chunks, in
// the column families of one RocksDB without a write-ahead log.
//
//   ASSIGN_OR_RETURN(auto store, RocksStore::Open(path, options, deps));
//   StoreBatch batch(*store);
//   batch.PutChunk(key, bytes);
//   RETURN_IF_ERROR(store->Write(&batch));
//   RETURN_IF_ERROR(store->Flush());  // now it survives a crash
//
// A crash, or destruction without Close, leaves what the last finished flush covered: whole
// batches, in the order of their writes. Flushes also happen by themselves when memory is full,
// always of all column families together. Layout: docs/format/rocksdb.md.
//
// Thread-safe, except Open and Close. Errors: DataLoss is damage on disk, ResourceExhausted a
// full disk, Unavailable what may pass (status.h has the whole mapping).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/log.h"
#include "base/metrics.h"
#include "storage/rocksdb/chunk_reader.h"
#include "storage/rocksdb/cold_rows.h"
#include "storage/types.h"

namespace rocksdb {
class Env;
}

namespace tidemark::storage {

struct RocksStoreOptions {
  size_t block_cache_bytes = 256u << 20;
  size_t chunk_memtable_bytes = 24u << 20;
  // Bound on what flushes and compactions write; 0 is no bound.
  int64_t write_limit_bytes_per_second = 0;
};

struct RocksStoreDeps {
  base::Logger* logger = nullptr;            // must outlive the store
  base::MetricsRegistry* metrics = nullptr;  // may outlive the store
  rocksdb::Env* env = nullptr;               // null: the real file system; tests give a faulty one
};

// Bytes that went to the disk, by what for: flush, compaction, consolidation, journal.
inline constexpr std::string_view kWrittenBytesMetric = "tidemark_disk_written_bytes_total";
inline constexpr std::string_view kWrittenBytesHelp =
    "Bytes written to table files and the journal, by what for.";

class BucketRewrite;
class StoreBatch;

class RocksStore {
 public:
  // Opens or creates the store in folder `path`, whose parent must exist. FailedPrecondition when
  // the folder holds a store of another format version.
  static absl::StatusOr<std::unique_ptr<RocksStore>> Open(const std::string& path,
                                                          const RocksStoreOptions& options,
                                                          const RocksStoreDeps& deps);
  ~RocksStore();
  RocksStore(const RocksStore&) = delete;
  RocksStore& operator=(const RocksStore&) = delete;

  // Flushes and closes. Batches, readers and cursors must be gone; afterwards only the destructor
  // may be called. Without it, writes since the last flush are lost.
  absl::Status Close();

  // Each calls `visit` with everything stored, in order of ref or name; what is handed over lives
  // only during the call. The first error ends the walk and is returned.
  absl::Status LoadSeries(absl::FunctionRef<absl::Status(const SeriesRecord&)> visit) const;
  absl::Status LoadStates(absl::FunctionRef<absl::Status(const SeriesState&)> visit) const;
  absl::Status LoadMetadata(
      absl::FunctionRef<absl::Status(std::string_view metric, const MetricMetadata&)> visit) const;
  absl::Status LoadTombstones(
      absl::FunctionRef<absl::Status(uint64_t number, std::string_view value)> visit) const;
  // A small fact of the store itself (StoreBatch::PutFact); nullopt if it was never put.
  absl::StatusOr<std::optional<std::string>> GetFact(std::string_view name) const;
  // The facts whose names begin with `prefix`.
  absl::Status LoadFacts(
      std::string_view prefix,
      absl::FunctionRef<absl::Status(std::string_view name, std::string_view value)> visit) const;

  // Applies the batch whole or not at all, and empties it if that worked. Blocks while
  // compaction is too far behind.
  absl::Status Write(StoreBatch* batch);

  // Returns when everything written before the call survives a crash.
  absl::Status Flush();

  // Flushes and makes the folder `path`, which must not exist, a copy of the store as it is now:
  // hard links, if it is on the same file system.
  absl::Status Checkpoint(const std::string& path);

  // A view of all chunks as they are now.
  std::unique_ptr<ChunkReader> NewChunkReader() const;

  // Everything cold as it is now, and the groups it lies in.
  std::unique_ptr<ColdReader> NewColdReader() const;
  absl::Status LoadColdGroups(absl::FunctionRef<absl::Status(const ColdGroup&)> visit) const;
  // Deletes the groups of weeks before `week`, with their series. After a crash some may be back.
  absl::Status DropColdGroupsBefore(int64_t week);
  // The buckets that have chunks a sweep wrote, and those that have sealed ones; ascending.
  absl::StatusOr<std::vector<int64_t>> UnsealedBuckets() const;
  absl::StatusOr<std::vector<int64_t>> SealedBuckets() const;
  // About how many bytes the chunks of `bucket` have: those that are not sealed, and all.
  uint64_t UnsealedBytes(int64_t bucket) const;
  uint64_t BucketBytes(int64_t bucket) const;
  // Begins to replace what the store holds of a bucket (bucket_rewrite.h). One at a time, and not
  // while DropBucketsBefore drops that bucket.
  std::unique_ptr<BucketRewrite> StartRewrite(int64_t bucket);
  // Gives back the space of chunks that rewrites deleted. Returns early once `canceled` is true.
  absl::Status CompactChunks(std::atomic<bool>* canceled);

  // Deletes all chunks in buckets before `bucket`. Readers that are open may already miss them.
  // After a crash some may be back: call again after each start.
  absl::Status DropBucketsBefore(int64_t bucket);

  // OK, or why the last flush or compaction failed; then Write and Flush first try to heal, and
  // return the error while that fails.
  absl::Status health() const;
  // Tries now: OK when the store is or becomes healthy.
  absl::Status Heal();

  uint64_t DiskBytes() const;    // size of all live table files
  uint64_t MemoryBytes() const;  // memtables, pinned ones included

 private:
  friend class BucketRewrite;
  friend class StoreBatch;
  struct Impl;
  explicit RocksStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

// StoreBatch gathers changes that become visible together. Thread-compatible; may be reused after
// Write or Clear. Must not outlive its store.
class StoreBatch {
 public:
  explicit StoreBatch(const RocksStore& store);
  ~StoreBatch();
  StoreBatch(const StoreBatch&) = delete;
  StoreBatch& operator=(const StoreBatch&) = delete;

  void PutSeries(const SeriesRecord& series);
  void PutState(const SeriesState& state);
  // Removes the record and the state of a series; its chunks go with their buckets.
  void DeleteSeries(SeriesRef ref);
  void PutMetadata(std::string_view metric, const MetricMetadata& metadata);
  void PutChunk(const ChunkKey& key, std::string_view value);
  void PutColdSeries(int64_t week, const ColdSeriesRecord& series);
  void PutColdPostings(const ColdPair& pair, uint16_t block, std::string_view row);
  void PutColdGroup(const ColdGroup& group);
  void PutTombstone(uint64_t number, std::string_view value);
  void DeleteTombstone(uint64_t number);
  // `name` must not be "format_version".
  void PutFact(std::string_view name, std::string_view value);
  void DeleteFact(std::string_view name);

  size_t bytes() const;  // memory the changes take
  bool empty() const;
  void Clear();

 private:
  friend class BucketRewrite;
  friend class RocksStore;
  struct Impl;

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::storage
