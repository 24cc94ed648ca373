#include "storage/rocksdb/chunk_reader.h"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/rocksdb/store_fixture.h"

namespace tidemark::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ChunkReaderTest : public StoreTest {
 protected:
  ChunkReaderTest() : store_(Open()) {}

  void Put(const ChunkKey& key, std::string_view value = "v") {
    StoreBatch batch(*store_);
    batch.PutChunk(key, value);
    ASSERT_TRUE(store_->Write(&batch).ok());
  }
  std::vector<ChunkKey> Scan(std::vector<SeriesKey> series, model::Timestamp min_time,
                             model::Timestamp max_time) {
    return ScanKeys(*store_->NewChunkReader(), std::move(series), min_time, max_time);
  }

  std::unique_ptr<RocksStore> store_;
};

TEST_F(ChunkReaderTest, GivesNothingFromAnEmptyStore) {
  EXPECT_THAT(Scan({{1, 1}}, model::kMinTimestamp, model::kMaxTimestamp), IsEmpty());
  EXPECT_THAT(Scan({}, model::kMinTimestamp, model::kMaxTimestamp), IsEmpty());
}

TEST_F(ChunkReaderTest, LeavesOutChunksThatStartBehindTheEnd) {
  Put(ChunkAt({1, 1}, 10));
  Put(ChunkAt({1, 1}, 20));
  Put(ChunkAt({1, 1}, 21));
  EXPECT_THAT(Scan({{1, 1}}, 15, 20), ElementsAre(ChunkAt({1, 1}, 10), ChunkAt({1, 1}, 20)));
  EXPECT_THAT(Scan({{1, 1}}, 20, 15), IsEmpty());
}

TEST_F(ChunkReaderTest, LooksOnlyIntoTheBucketsTouched) {
  Put(ChunkAt({1, 1}, -1));
  Put(ChunkAt({1, 1}, 0));
  Put(ChunkAt({1, 1}, kBucketMs));
  EXPECT_THAT(Scan({{1, 1}}, 0, kBucketMs - 1), ElementsAre(ChunkAt({1, 1}, 0)));
  EXPECT_THAT(Scan({{1, 1}}, -1, -1), ElementsAre(ChunkAt({1, 1}, -1)));
}

TEST_F(ChunkReaderTest, KeepsBothKindsOfOneStart) {
  ChunkKey late = ChunkAt({1, 1}, 10);
  late.kind = ChunkKind::kOutOfOrder;
  late.sequence = 4;
  Put(late);
  Put(ChunkAt({1, 1}, 10));
  EXPECT_THAT(Scan({{1, 1}}, 0, 100), ElementsAre(ChunkAt({1, 1}, 10), late));
}

TEST_F(ChunkReaderTest, SeesTheStoreAsItWasWhenItWasMade) {
  Put(ChunkAt({1, 1}, 1), "old");
  const auto reader = store_->NewChunkReader();
  Put(ChunkAt({1, 1}, 1), "new");
  Put(ChunkAt({1, 1}, 2));
  ASSERT_TRUE(store_->Flush().ok());
  for (int again = 0; again < 2; ++again) {
    const auto cursor = reader->Scan({{1, 1}}, 0, 10);
    ASSERT_TRUE(cursor->Next());
    EXPECT_EQ(cursor->value(), "old");
    EXPECT_FALSE(cursor->Next());
    EXPECT_FALSE(cursor->Next()) << "stays at the end";
  }
}

TEST_F(ChunkReaderTest, FindsTheHighestSeriesAndTheOutermostTimes) {
  const SeriesKey highest{~MetricId{0}, ~SeriesRef{0}};
  Put(ChunkAt(highest, model::kMinTimestamp));
  Put(ChunkAt(highest, model::kMaxTimestamp));
  EXPECT_THAT(
      Scan({highest}, model::kMinTimestamp, model::kMaxTimestamp),
      ElementsAre(ChunkAt(highest, model::kMinTimestamp), ChunkAt(highest, model::kMaxTimestamp)));
}

// A store full of random chunks, a part of it flushed, against a sorted map.
class RandomChunks {
 public:
  explicit RandomChunks(uint32_t seed) : random_(seed) {}

  size_t Below(size_t n) { return random_() % n; }
  model::Timestamp Time() { return static_cast<int64_t>(Below(12 * kBucketMs)) - 4 * kBucketMs; }
  SeriesKey Series() {
    const auto series = static_cast<SeriesRef>(1 + Below(200));
    return {1 + series % 7, series};
  }
  std::vector<SeriesKey> SeriesList() {
    std::set<SeriesKey> list;
    if (Below(2) == 0) {  // all series of one metric
      const auto metric = static_cast<MetricId>(1 + Below(7));
      for (SeriesRef series = 1; series <= 200; ++series) {
        if (1 + series % 7 == metric) {
          list.insert({metric, series});
        }
      }
    }
    for (size_t i = Below(10); i > 0; --i) {
      list.insert(Series());
    }
    return {list.begin(), list.end()};
  }

 private:
  std::mt19937 random_;
};

TEST_F(ChunkReaderTest, AgreesWithASearchThroughAllChunks) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  RandomChunks random(seed);
  std::map<ChunkKey, std::string> all;
  for (int i = 0; i < 3000; ++i) {
    const ChunkKey key = ChunkAt(random.Series(), random.Time());
    all[key] = std::to_string(i);
    Put(key, all[key]);
    if (i % 1000 == 700) {
      ASSERT_TRUE(store_->Flush().ok());
    }
  }
  const auto reader = store_->NewChunkReader();
  for (int i = 0; i < 300; ++i) {
    const std::vector<SeriesKey> series = random.SeriesList();
    const model::Timestamp a = random.Time();
    const model::Timestamp b = random.Time();
    const auto [min_time, max_time] = std::minmax(a, b);
    const auto cursor = reader->Scan(series, min_time, max_time);
    for (const auto& [key, value] : all) {
      if (std::binary_search(series.begin(), series.end(), SeriesKey{key.metric, key.series}) &&
          key.bucket >= BucketOf(min_time) && key.start <= max_time) {
        ASSERT_TRUE(cursor->Next());
        ASSERT_EQ(cursor->key(), key);
        ASSERT_EQ(cursor->value(), value);
      }
    }
    ASSERT_FALSE(cursor->Next());
    ASSERT_TRUE(cursor->status().ok());
  }
}

}  // namespace
}  // namespace tidemark::storage
