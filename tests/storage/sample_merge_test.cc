#include "storage/sample_merge.h"

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Timestamp;

class SampleMergeTest : public ::testing::Test {
 protected:
  void Row(ChunkKind kind, uint32_t sequence, std::vector<Timestamp> times, double v) {
    for (const Timestamp t : times) {
      merge_.stream()->Append(t, v);
    }
    merge_.EndRow(kind, sequence);
  }
  std::vector<std::pair<Timestamp, double>> Finish() {
    const SampleColumns columns = merge_.Finish();
    std::vector<std::pair<Timestamp, double>> samples;
    for (size_t i = 0; i < columns.size(); ++i) {
      samples.emplace_back(columns.timestamps[i], columns.values[i]);
    }
    return samples;
  }
  using Samples = std::vector<std::pair<Timestamp, double>>;

  SampleMerge merge_;
};

TEST_F(SampleMergeTest, ChainsRowsThatFollowEachOther) {
  Row(ChunkKind::kSealed, 0, {1, 2}, 1);
  Row(ChunkKind::kInOrder, 1, {3, 4}, 2);
  EXPECT_EQ(merge_.stream()->size(), 4u);
  EXPECT_EQ(Finish(), (Samples{{1, 1}, {2, 1}, {3, 2}, {4, 2}}));
  EXPECT_TRUE(merge_.empty());
}

TEST_F(SampleMergeTest, KeepsTheSealedThenTheOrderedThenTheEarlierOfEqualTimes) {
  Row(ChunkKind::kSealed, 0, {2, 6}, 1);
  Row(ChunkKind::kInOrder, 1, {2, 3}, 2);
  Row(ChunkKind::kOutOfOrder, 2, {3, 4}, 3);
  Row(ChunkKind::kOutOfOrder, 1, {4, 5}, 4);
  merge_.AddLate({5, 5});
  merge_.AddLate({1, 5});
  EXPECT_EQ(Finish(), (Samples{{1, 5}, {2, 1}, {3, 2}, {4, 4}, {5, 4}, {6, 1}}));
}

TEST_F(SampleMergeTest, HidesOnlyInTheRowInHand) {
  Row(ChunkKind::kInOrder, 1, {1, 2, 3}, 1);
  for (const Timestamp t : {4, 5, 6, 7}) {
    merge_.stream()->Append(t, 2);
  }
  merge_.Hide(2, 5);
  merge_.Hide(7, 7);
  merge_.EndRow(ChunkKind::kInOrder, 2);
  EXPECT_EQ(Finish(), (Samples{{1, 1}, {2, 1}, {3, 1}, {6, 2}}));
}

}  // namespace
}  // namespace tidemark::storage
