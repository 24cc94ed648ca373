#include "storage/rocksdb/rocks_store.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <map>
#include <string>
#include <thread>

#include "base/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "tests/storage/rocksdb/store_fixture.h"

namespace tidemark::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr SeriesKey kUp{1, 1};

class RocksStoreTest : public StoreTest {
 protected:
  static std::map<SeriesRef, std::string> Series(const RocksStore& store) {
    std::map<SeriesRef, std::string> series;
    EXPECT_TRUE(store
                    .LoadSeries([&series](const SeriesRecord& record) {
                      series[record.ref] = record.labels.ToString();
                      return absl::OkStatus();
                    })
                    .ok());
    return series;
  }
  static std::vector<SeriesState> States(const RocksStore& store) {
    std::vector<SeriesState> states;
    EXPECT_TRUE(store
                    .LoadStates([&states](const SeriesState& state) {
                      states.push_back(state);
                      return absl::OkStatus();
                    })
                    .ok());
    return states;
  }
  static std::vector<ChunkKey> Chunks(const RocksStore& store, std::vector<SeriesKey> series) {
    return ScanKeys(*store.NewChunkReader(), std::move(series), model::kMinTimestamp,
                    model::kMaxTimestamp);
  }
  static void PutChunks(RocksStore* store, const std::vector<ChunkKey>& keys) {
    StoreBatch batch(*store);
    for (const ChunkKey& key : keys) {
      batch.PutChunk(key, "samples");
    }
    ASSERT_TRUE(store->Write(&batch).ok());
  }
  // Changes the closed store behind its back.
  void PutRaw(const std::string& family, const std::string& key, const std::string& value) {
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path(), &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const std::string& name : names) {
      families.push_back({name, {}});
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open({}, path(), families, &handles, &db).ok());
    const auto at = std::find(names.begin(), names.end(), family) - names.begin();
    EXPECT_TRUE(db->Put({}, handles[static_cast<size_t>(at)], key, value).ok());
    EXPECT_TRUE(db->Flush({}, handles).ok());
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      EXPECT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
    }
    delete db;
  }
};

TEST_F(RocksStoreTest, GivesBackWhatWasWritten) {
  const model::Labels up = model::Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
  const SeriesState state{.ref = 3, .min_time = -7, .max_time = 9};
  const MetricMetadata metadata{MetricType::kGauge, "is it there", ""};
  auto store = Open();
  StoreBatch batch(*store);
  EXPECT_TRUE(batch.empty());
  batch.PutSeries({.ref = 3, .metric_id = 1, .labels = up});
  batch.PutState(state);
  batch.PutMetadata("up", metadata);
  batch.PutFact("clock", "12");
  batch.PutChunk(ChunkAt({1, 3}, 1000), "samples");
  EXPECT_GT(batch.bytes(), 0u);
  ASSERT_TRUE(store->Write(&batch).ok());
  EXPECT_TRUE(batch.empty());

  EXPECT_EQ(Series(*store)[3], up.ToString());
  EXPECT_THAT(States(*store), ElementsAre(state));
  EXPECT_EQ(*store->GetFact("clock"), "12");
  EXPECT_EQ(*store->GetFact("other"), std::nullopt);
  ASSERT_TRUE(store
                  ->LoadMetadata([&](std::string_view metric, const MetricMetadata& loaded) {
                    EXPECT_EQ(metric, "up");
                    EXPECT_EQ(loaded, metadata);
                    return absl::OkStatus();
                  })
                  .ok());
  const auto reader = store->NewChunkReader();
  const auto cursor = reader->Scan({{1, 3}}, 0, 2000);
  ASSERT_TRUE(cursor->Next());
  EXPECT_EQ(cursor->key(), ChunkAt({1, 3}, 1000));
  EXPECT_EQ(cursor->value(), "samples");
  EXPECT_FALSE(cursor->Next());
}

TEST_F(RocksStoreTest, IsMadeWithoutAWordInTheLog) {
  const std::string log = path() + ".log";
  std::FILE* const file = std::fopen(log.c_str(), "w+");
  ASSERT_NE(file, nullptr);
  base::Logger logger(file, base::LogLevel::kWarn);
  auto store = RocksStore::Open(path(), {}, {&logger});
  ASSERT_TRUE(store.ok()) << store.status();
  EXPECT_TRUE((*store)->Close().ok());
  EXPECT_EQ(std::ftell(file), 0);
  std::fclose(file);
}

TEST_F(RocksStoreTest, KeepsEverythingOverACleanRestart) {
  auto store = Open();
  PutChunks(store.get(), {ChunkAt(kUp, -5), ChunkAt(kUp, 5)});
  ASSERT_TRUE(store->Close().ok());
  store = Open();
  EXPECT_THAT(Chunks(*store, {kUp}), ElementsAre(ChunkAt(kUp, -5), ChunkAt(kUp, 5)));
}

TEST_F(RocksStoreTest, KeepsWhatWasFlushedAndNoMoreWithoutClose) {
  auto store = Open();
  PutChunks(store.get(), {ChunkAt(kUp, 1)});
  ASSERT_TRUE(store->Flush().ok());
  PutChunks(store.get(), {ChunkAt(kUp, 2)});
  store = nullptr;
  store = Open();
  EXPECT_THAT(Chunks(*store, {kUp}), ElementsAre(ChunkAt(kUp, 1)));
}

TEST_F(RocksStoreTest, LosesOrKeepsABatchWhole) {
  const model::Labels labels = model::Labels::Of({{"__name__", "up"}});
  auto store = Open();
  SeriesRef ref = 0;
  // Small chunk memtables make flushes happen in between.
  const std::string value(100'000, 'v');
  for (int i = 0; i < 200; ++i) {
    StoreBatch batch(*store);
    batch.PutSeries({.ref = ++ref, .metric_id = 1, .labels = labels});
    batch.PutChunk(ChunkAt({1, ref}, 1), value);
    ASSERT_TRUE(store->Write(&batch).ok());
  }
  store = nullptr;
  store = Open();
  const auto series = Series(*store);
  std::vector<SeriesKey> all;
  for (SeriesRef r = 1; r <= ref; ++r) {
    all.push_back({1, r});
  }
  EXPECT_GT(series.size(), 0u);
  EXPECT_EQ(Chunks(*store, all).size(), series.size());
  EXPECT_EQ(series.rbegin()->first, series.size()) << "a hole among the batches kept";
}

TEST_F(RocksStoreTest, DeletesSeries) {
  const model::Labels labels = model::Labels::Of({{"__name__", "up"}});
  auto store = Open();
  StoreBatch batch(*store);
  batch.PutSeries({.ref = 1, .metric_id = 1, .labels = labels});
  batch.PutState({.ref = 1});
  ASSERT_TRUE(store->Write(&batch).ok());
  batch.DeleteSeries(1);
  ASSERT_TRUE(store->Write(&batch).ok());
  EXPECT_TRUE(Series(*store).empty());
  EXPECT_TRUE(States(*store).empty());
}

TEST_F(RocksStoreTest, DropsOldBucketsFromFilesAndMemory) {
  auto store = Open();
  for (int64_t bucket = -2; bucket < 4; ++bucket) {
    PutChunks(store.get(), {ChunkAt(kUp, BucketStart(bucket)), ChunkAt(kUp, BucketEnd(bucket))});
    if (bucket % 2 == 0) {
      ASSERT_TRUE(store->Flush().ok());
    }
  }
  ASSERT_TRUE(store->DropBucketsBefore(2).ok());
  const auto left = ElementsAre(ChunkAt(kUp, BucketStart(2)), ChunkAt(kUp, BucketEnd(2)),
                                ChunkAt(kUp, BucketStart(3)), ChunkAt(kUp, BucketEnd(3)));
  EXPECT_THAT(Chunks(*store, {kUp}), left);
  ASSERT_TRUE(store->DropBucketsBefore(2).ok());
  ASSERT_TRUE(store->Close().ok());
  store = Open();
  EXPECT_THAT(Chunks(*store, {kUp}), left);
}

TEST_F(RocksStoreTest, EndsALoadAtTheFirstErrorOfTheVisitor) {
  auto store = Open();
  StoreBatch batch(*store);
  batch.PutState({.ref = 1});
  batch.PutState({.ref = 2});
  ASSERT_TRUE(store->Write(&batch).ok());
  int visits = 0;
  const absl::Status status = store->LoadStates([&visits](const SeriesState&) {
    ++visits;
    return absl::CancelledError("enough");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(visits, 1);
}

TEST_F(RocksStoreTest, RefusesAnotherFormatVersion) {
  ASSERT_TRUE(Open()->Close().ok());
  PutRaw("default", "format_version", "\x09");
  const absl::Status status = TryOpen().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(base::Message(status)), HasSubstr("format version 9"));
}

// Version 1 had the first five families only.
TEST_F(RocksStoreTest, RefusesAndKeepsAStoreOfVersionOne) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path(), &db).ok());
  ASSERT_TRUE(db->Put({}, "format_version", "\x01").ok());
  for (const char* name : {"series", "state", "metadata", "chunks"}) {
    rocksdb::ColumnFamilyHandle* handle = nullptr;
    ASSERT_TRUE(db->CreateColumnFamily({}, name, &handle).ok());
    ASSERT_TRUE(db->DestroyColumnFamilyHandle(handle).ok());
  }
  delete db;

  const absl::Status status = TryOpen().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(base::Message(status)),
              HasSubstr("the store has format version 1, this program reads version 2"));
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path(), &names).ok());
  EXPECT_EQ(names.size(), 5u);
}

TEST_F(RocksStoreTest, LeavesAForeignRocksDbAlone) {
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path(), &db).ok());
  ASSERT_TRUE(db->Put({}, "key", "value").ok());
  delete db;

  EXPECT_EQ(TryOpen().status().code(), absl::StatusCode::kFailedPrecondition);
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path(), &names).ok());
  EXPECT_THAT(names, ElementsAre("default"));
}

TEST_F(RocksStoreTest, NamesTheFamilyAndTheKeyOfADamagedEntry) {
  ASSERT_TRUE(Open()->Close().ok());
  PutRaw("series", std::string("\x00\x00\x00\x05", 4), "nonsense");
  auto store = Open();
  const absl::Status status =
      store->LoadSeries([](const SeriesRecord&) { return absl::OkStatus(); });
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(base::Message(status)), HasSubstr("family series"));
  EXPECT_THAT(std::string(base::Message(status)), HasSubstr("\\x05"));
}

TEST_F(RocksStoreTest, ReportsADamagedChunkKeyToTheReader) {
  ASSERT_TRUE(Open()->Close().ok());
  PutRaw("chunks", std::string("\x80\0\0\0\0\0\0\0", 8), "value");  // bucket 0 and no more
  auto store = Open();
  const auto reader = store->NewChunkReader();
  const auto cursor = reader->Scan({kUp}, model::kMinTimestamp, model::kMaxTimestamp);
  EXPECT_FALSE(cursor->Next());
  EXPECT_EQ(cursor->status().code(), absl::StatusCode::kDataLoss);
}

// Each batch puts one chunk in each of three buckets, so a reader that sees a part of one is wrong.
TEST_F(RocksStoreTest, ReadersSeeWholeBatchesWhileTheStoreIsWrittenFlushedAndTrimmed) {
  constexpr SeriesRef kBatches = 300;
  auto store = Open();
  std::atomic<bool> done{false};  // set by the writer at its end; publishes nothing else
  const auto read = [&] {
    std::vector<SeriesKey> series;
    for (SeriesRef ref = 1; ref <= kBatches; ++ref) {
      series.push_back({1, ref});
    }
    size_t last = 0;
    while (!done.load(std::memory_order_relaxed)) {
      const auto reader = store->NewChunkReader();
      const size_t newest = ScanKeys(*reader, series, kBucketMs * 3, kBucketMs * 4 - 1).size();
      ASSERT_EQ(ScanKeys(*reader, series, kBucketMs * 2, kBucketMs * 4 - 1).size(), 2 * newest);
      ASSERT_GE(newest, last);
      last = newest;
    }
  };
  std::thread readers[] = {std::thread(read), std::thread(read)};
  for (SeriesRef ref = 1; ref <= kBatches; ++ref) {
    PutChunks(store.get(), {ChunkAt({1, ref}, 0), ChunkAt({1, ref}, kBucketMs * 2),
                            ChunkAt({1, ref}, kBucketMs * 3)});
    if (ref % 50 == 0) {
      EXPECT_TRUE(store->Flush().ok());
      EXPECT_TRUE(store->DropBucketsBefore(1).ok());
    }
  }
  done.store(true, std::memory_order_relaxed);
  for (std::thread& reader : readers) {
    reader.join();
  }
  EXPECT_EQ(Chunks(*store, {{1, kBatches}}).size(), 2u);
}

TEST_F(RocksStoreTest, KnowsItsSizes) {
  auto store = Open();
  PutChunks(store.get(), {ChunkAt(kUp, 1)});
  EXPECT_GT(store->MemoryBytes(), 0u);
  ASSERT_TRUE(store->Flush().ok());
  EXPECT_GT(store->DiskBytes(), 0u);
}

TEST_F(RocksStoreTest, MetricsMayBeReadAfterTheStoreIsGone) {
  base::MetricsRegistry metrics;
  auto store = RocksStore::Open(path(), options_, {.metrics = &metrics});
  ASSERT_TRUE(store.ok());
  PutChunks(store->get(), {ChunkAt(kUp, 1)});
  ASSERT_TRUE((*store)->Close().ok());
  *store = nullptr;
  EXPECT_THAT(metrics.Expose(), HasSubstr("tidemark_storage_rocksdb_sst_bytes 0\n"));
}

}  // namespace
}  // namespace tidemark::storage
