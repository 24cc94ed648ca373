#include "storage/deletion/tombstones.h"

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

Tombstone Example() {
  Tombstone tombstone;
  tombstone.number = 3;
  tombstone.min_time = -5;
  tombstone.max_time = model::kMaxTimestamp;
  tombstone.sequence = 9;
  tombstone.buckets = {-1, 0, 70'000};
  tombstone.series.add(1);
  tombstone.series.add(4'000'000'000u);
  return tombstone;
}

TEST(Tombstones, DecodeToWhatWasEncodedAndNothingElse) {
  const Tombstone tombstone = Example();
  const std::string bytes = EncodeTombstone(tombstone);
  const auto decoded = DecodeTombstone(3, bytes);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->number, 3u);
  EXPECT_EQ(decoded->min_time, -5);
  EXPECT_EQ(decoded->max_time, model::kMaxTimestamp);
  EXPECT_EQ(decoded->sequence, 9u);
  EXPECT_EQ(decoded->buckets, tombstone.buckets);
  EXPECT_TRUE(decoded->series == tombstone.series);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeTombstone(3, std::string_view(bytes).substr(0, size)).ok()) << size;
  }
}

TEST(Tombstones, MeanTheChunksThatWereThere) {
  const Tombstone tombstone = Example();
  const auto chunk = [](ChunkKind kind, int64_t bucket, uint32_t sequence) {
    return ChunkKey{bucket, 1, 1, bucket * kBucketMs, kind, sequence};
  };
  EXPECT_TRUE(tombstone.Covers(chunk(ChunkKind::kInOrder, 0, 9)));
  EXPECT_FALSE(tombstone.Covers(chunk(ChunkKind::kInOrder, 0, 10))) << "came later";
  EXPECT_FALSE(tombstone.Covers(chunk(ChunkKind::kOutOfOrder, 1, 9))) << "another bucket";
  EXPECT_TRUE(tombstone.Covers(chunk(ChunkKind::kSealed, 0, 0)));
}

}  // namespace
}  // namespace tidemark::storage
