#include "storage/rocksdb/internal/schema.h"

#include <algorithm>
#include <limits>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace tidemark::storage::internal {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  // Small, so that fields collide, with signs and extremes among them.
  model::Timestamp Time() {
    switch (engine_() % 8) {
      case 0:
        return kMin;
      case 1:
        return kMax;
      case 2:
        return static_cast<int64_t>(engine_());
      default:
        return static_cast<int64_t>(engine_() % 7) - 3;
    }
  }
  uint32_t Number() {
    return engine_() % 4 == 0 ? ~uint32_t{0} : static_cast<uint32_t>(engine_() % 3);
  }
  ChunkKey Key() {
    const model::Timestamp start = Time();
    return {BucketOf(start),
            Number(),
            Number(),
            start,
            engine_() % 2 == 0 ? ChunkKind::kInOrder : ChunkKind::kOutOfOrder,
            Number()};
  }

 private:
  std::mt19937_64 engine_;
};

TEST(ChunkKeySchema, OrderOfBytesIsOrderOfKeys) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const ChunkKey a = random.Key();
    const ChunkKey b = random.Key();
    const auto a_bytes = EncodeChunkKey(a);
    const auto b_bytes = EncodeChunkKey(b);
    ASSERT_EQ(View(a_bytes) < View(b_bytes), a < b) << a.start << " and " << b.start;
    ASSERT_EQ(View(a_bytes) == View(b_bytes), a == b);
  }
}

TEST(ChunkKeySchema, DecodesWhatItEncoded) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  Random random(seed);
  for (int i = 0; i < 1000; ++i) {
    const ChunkKey key = random.Key();
    ChunkKey decoded;
    ASSERT_TRUE(DecodeChunkKey(View(EncodeChunkKey(key)), &decoded));
    ASSERT_EQ(decoded, key);
  }
}

TEST(ChunkKeySchema, FirstKeyIsNotBehindAnyChunkOfTheSeries) {
  const ChunkKey earliest{.bucket = 5, .metric = 2, .series = 9, .start = 5 * kBucketMs};
  EXPECT_LT(View(EncodeSealedKey(5, {2, 9})), View(EncodeChunkKey(earliest)));
  EXPECT_LT(View(EncodeSealedKey(5)), View(EncodeSealedKey(5, {2, 9})));
  EXPECT_GT(View(EncodeSealedKey(6)), View(EncodeChunkKey(earliest)));
  EXPECT_LT(View(EncodeSealedKey(-1)), View(EncodeSealedKey(0)));
}

TEST(ChunkKeySchema, RefusesDamagedBytes) {
  const auto bytes = EncodeChunkKey({.bucket = 1, .metric = 1, .series = 1, .start = kBucketMs});
  const std::string good(View(bytes));
  ChunkKey key;
  EXPECT_TRUE(DecodeChunkKey(good, &key));
  EXPECT_FALSE(DecodeChunkKey(good.substr(1), &key));
  EXPECT_FALSE(DecodeChunkKey(good + "x", &key));
  std::string kind = good;
  kind[24] = 2;
  EXPECT_FALSE(DecodeChunkKey(kind, &key)) << "unknown kind";
  std::string start = good;
  start[16] = '\x7f';
  EXPECT_FALSE(DecodeChunkKey(start, &key)) << "start outside of its bucket";
}

TEST(SeriesSchema, DecodesWhatItEncoded) {
  const model::Labels labels = model::Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
  std::string bytes;
  AppendSeriesValue({.ref = 7, .metric_id = 300, .labels = labels}, &bytes);
  SeriesRecord decoded;
  ASSERT_TRUE(DecodeSeriesValue(bytes, &decoded));
  EXPECT_EQ(decoded.metric_id, 300u);
  EXPECT_EQ(decoded.labels, labels.view());
}

TEST(SeriesSchema, RefusesWhatIsNotCanonical) {
  SeriesRecord series;
  EXPECT_FALSE(DecodeSeriesValue("", &series));
  EXPECT_FALSE(DecodeSeriesValue(std::string("\0", 1), &series)) << "no metric id";
  EXPECT_FALSE(DecodeSeriesValue("\x01garbage", &series));
  EXPECT_FALSE(DecodeSeriesValue("\xff\xff\xff\xff\x7f", &series)) << "metric id too large";
}

TEST(SeriesSchema, RefusesSeriesZeroAndKeysOfOtherLengths) {
  SeriesRef ref = 0;
  EXPECT_TRUE(DecodeSeriesKey(View(EncodeSeriesKey(0x01020304)), &ref));
  EXPECT_EQ(ref, 0x01020304u);
  EXPECT_FALSE(DecodeSeriesKey(View(EncodeSeriesKey(kNoSeries)), &ref));
  EXPECT_FALSE(DecodeSeriesKey("abc", &ref));
}

TEST(StateSchema, KeepsExtremeTimes) {
  const SeriesState states[] = {
      {1, 0, 0}, {1, kMin, kMax}, {1, kMax, kMin}, {1, -5, 1'700'000'000'000}};
  for (const SeriesState& state : states) {
    std::string bytes;
    AppendStateValue(state, &bytes);
    SeriesState decoded{.ref = 1};
    ASSERT_TRUE(DecodeStateValue(bytes, &decoded));
    EXPECT_EQ(decoded, state);
    EXPECT_FALSE(DecodeStateValue(bytes + "x", &decoded));
    EXPECT_FALSE(DecodeStateValue(std::string_view(bytes).substr(0, bytes.size() - 1), &decoded));
  }
}

TEST(MetadataSchema, DecodesWhatItEncodedAndNothingElse) {
  const MetricMetadata metadata{MetricType::kHistogram, "how long\nit took", "seconds"};
  std::string bytes;
  AppendMetadataValue(metadata, &bytes);
  MetricMetadata decoded;
  ASSERT_TRUE(DecodeMetadataValue(bytes, &decoded));
  EXPECT_EQ(decoded, metadata);
  for (size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(DecodeMetadataValue(std::string_view(bytes).substr(0, length), &decoded));
  }
  bytes[0] = 8;
  EXPECT_FALSE(DecodeMetadataValue(bytes, &decoded)) << "unknown type";
}

}  // namespace
}  // namespace tidemark::storage::internal
