// RocksChunkReader reads chunks through one RocksDB snapshot.
#pragma once

#include <memory>
#include <vector>

#include "rocksdb/db.h"
#include "rocksdb/snapshot.h"
#include "storage/rocksdb/chunk_reader.h"

namespace tidemark::storage::internal {

class RocksChunkReader final : public ChunkReader {
 public:
  // Both must outlive the reader.
  RocksChunkReader(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* chunks);

  std::unique_ptr<ChunkCursor> Scan(std::vector<SeriesKey> series, model::Timestamp min_time,
                                    model::Timestamp max_time) const override;

 private:
  rocksdb::DB* const db_;
  rocksdb::ColumnFamilyHandle* const chunks_;
  const std::shared_ptr<const rocksdb::Snapshot> snapshot_;
};

}  // namespace tidemark::storage::internal
