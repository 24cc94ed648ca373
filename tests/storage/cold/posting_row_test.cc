#include "storage/cold/posting_row.h"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

std::string Encode(const std::vector<SeriesRef>& refs) {
  std::string row;
  AppendPostingRow(refs, &row);
  return row;
}

bool Decode(std::string_view row, uint16_t block, std::vector<SeriesRef>* refs) {
  return DecodePostingRow(row, block, [refs](SeriesRef first, SeriesRef last) {
    for (uint64_t ref = first; ref <= last; ++ref) {
      refs->push_back(static_cast<SeriesRef>(ref));
    }
  });
}

TEST(PostingRow, GivesBackRandomRefsOfABlock) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 rng(seed);
  for (int round = 0; round < 300; ++round) {
    const auto block = static_cast<uint16_t>(rng());
    const SeriesRef begin = SeriesRef{block} << kPostingBlockBits;
    std::set<SeriesRef> refs;
    for (size_t i = rng() % 50; i > 0; --i) {
      SeriesRef low = rng() % 65536;
      for (size_t run = rng() % 3 == 0 ? rng() % 300 : 1; run > 0 && low < 65536; --run) {
        refs.insert(begin + low++);
      }
    }
    const std::vector<SeriesRef> expected(refs.begin(), refs.end());
    std::vector<SeriesRef> decoded;
    ASSERT_TRUE(Decode(Encode(expected), block, &decoded));
    ASSERT_EQ(decoded, expected);
  }
}

TEST(PostingRow, TakesTheWholeOfTheFirstAndTheLastBlock) {
  for (const uint16_t block : {uint16_t{0}, uint16_t{65535}}) {
    std::vector<SeriesRef> all(65536);
    std::generate(all.begin(), all.end(),
                  [ref = SeriesRef{block} << kPostingBlockBits]() mutable { return ref++; });
    const std::string row = Encode(all);
    EXPECT_LE(row.size(), 4u);
    std::vector<SeriesRef> decoded;
    ASSERT_TRUE(Decode(row, block, &decoded));
    EXPECT_EQ(decoded, all);
  }
}

TEST(PostingRow, RefusesWhatLeavesTheBlockOrIsCutShort) {
  std::vector<SeriesRef> refs;
  EXPECT_FALSE(Decode("\x80", 1, &refs));
  EXPECT_FALSE(Decode("\x01", 1, &refs)) << "a run without its length";
  std::string row = Encode({65535});
  EXPECT_TRUE(Decode(row, 0, &refs));
  row.push_back('\0');
  EXPECT_FALSE(Decode(row, 0, &refs)) << "one ref behind the last";
}

}  // namespace
}  // namespace tidemark::storage
