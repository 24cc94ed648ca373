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
  tombstone.series.addRange(1, 4);
  tombstone.series.add(4'000'000'000u);
  tombstone.series.add(UINT32_MAX);
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

TEST(Tombstones, RefuseRunsThatAreNoSetOfRefs) {
  Tombstone tombstone = Example();
  tombstone.series = SeriesBitmap::bitmapOf(1, 7);
  std::string head = EncodeTombstone(tombstone);
  ASSERT_EQ(head.substr(head.size() - 3), std::string("\1\7\1", 3));
  head.resize(head.size() - 3);
  const std::string most = "\xff\xff\xff\xff\x0f";    // 2^32 - 1
  const std::string beyond = "\x80\x80\x80\x80\x10";  // 2^32
  const std::string zero(1, '\0');
  const auto decodes = [&head](const std::string& runs) {
    return DecodeTombstone(3, head + runs).ok();
  };
  EXPECT_TRUE(decodes("\1" + most + "\1"));
  EXPECT_TRUE(decodes("\1" + zero + beyond)) << "all refs";
  EXPECT_FALSE(decodes("\1" + beyond + "\1")) << "a ref of 33 bits";
  EXPECT_FALSE(decodes("\1\1" + beyond)) << "a run over the last ref";
  EXPECT_FALSE(decodes("\1\7" + zero)) << "an empty run";
  EXPECT_FALSE(decodes(zero)) << "no ref";
  EXPECT_FALSE(decodes("\2\7\1")) << "a run is missing";
  EXPECT_FALSE(decodes("\1\7\1\1")) << "a byte too many";
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
