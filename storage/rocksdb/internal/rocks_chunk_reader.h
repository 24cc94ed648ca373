// RocksChunkReader reads chunks through one RocksDB snapshot.
#pragma once

#include <memory>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/snapshot.h"
#include "storage/rocksdb/chunk_reader.h"
#include "storage/rocksdb/internal/store_impl.h"

namespace tidemark::storage::internal {

// Reads the key and the value of an entry of the family of sealed chunks; `value` then is the
// chunk alone, or the whole value of a timeline. False when they are damaged.
bool DecodeSealedEntry(std::string_view bytes, ChunkKey* key, std::string_view* value);

class RocksChunkReader final : public ChunkReader {
 public:
  // The database must outlive the reader.
  RocksChunkReader(rocksdb::DB* db, const FamilyHandles& families);

  std::unique_ptr<ChunkCursor> Scan(std::vector<SeriesKey> series, model::Timestamp min_time,
                                    model::Timestamp max_time) const override;
  absl::StatusOr<std::string> LoadTimeline(int64_t bucket, uint32_t number) const override;

 private:
  rocksdb::DB* const db_;
  const FamilyHandles families_;
  const std::shared_ptr<const rocksdb::Snapshot> snapshot_;
};

}  // namespace tidemark::storage::internal
