// A folder of its own for each test, and a store in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/rocksdb/rocks_store.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::storage {

class StoreTest : public ::testing::Test {
 protected:
  std::string path() const { return folder_.File("rocksdb"); }

  absl::StatusOr<std::unique_ptr<RocksStore>> TryOpen(rocksdb::Env* env = nullptr) {
    return RocksStore::Open(path(), options_, {.logger = &logger_, .env = env});
  }
  std::unique_ptr<RocksStore> Open(rocksdb::Env* env = nullptr) {
    auto store = TryOpen(env);
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

  RocksStoreOptions options_{.block_cache_bytes = 8u << 20, .chunk_memtable_bytes = 4u << 20};

 private:
  base::Logger logger_{stderr, base::LogLevel::kError};
  testing::TempDir folder_;
};

// The keys that a scan gives.
inline std::vector<ChunkKey> ScanKeys(const ChunkReader& reader, std::vector<SeriesKey> series,
                                      model::Timestamp min_time, model::Timestamp max_time) {
  std::vector<ChunkKey> keys;
  const auto cursor = reader.Scan(std::move(series), min_time, max_time);
  while (cursor->Next()) {
    keys.push_back(cursor->key());
  }
  EXPECT_TRUE(cursor->status().ok()) << cursor->status();
  return keys;
}

inline ChunkKey ChunkAt(SeriesKey series, model::Timestamp start, uint32_t sequence = 0) {
  return {.bucket = BucketOf(start),
          .metric = series.metric,
          .series = series.series,
          .start = start,
          .sequence = sequence};
}

}  // namespace tidemark::storage
