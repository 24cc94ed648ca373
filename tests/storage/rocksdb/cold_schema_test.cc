#include "storage/rocksdb/internal/cold_schema.h"

#include <random>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::storage::internal {
namespace {

std::string RowKey(const ColdIndexKey& key) {
  std::string bytes;
  AppendColdPairKey(key.week, key.name, key.value, &bytes);
  AppendColdBlock(key.block, &bytes);
  return bytes;
}

auto Order(const ColdIndexKey& key) { return std::tie(key.week, key.name, key.value, key.block); }

// Texts that are each other's beginnings, with the bytes that keys use themselves.
std::string RandomText(std::mt19937* rng) {
  std::string text;
  for (size_t i = (*rng)() % 4; i > 0; --i) {
    text.push_back(
        "\x00\x01\x02\xff"
        "ab"[(*rng)() % 6]);
  }
  return text;
}

TEST(ColdSchema, OrderOfBytesIsOrderOfRowsAndKeysComeBack) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 rng(seed);
  const auto random_key = [&rng] {
    ColdIndexKey key;
    key.week = static_cast<int64_t>(rng() % 5) - 2;
    key.name = RandomText(&rng);
    key.value = RandomText(&rng);
    key.block = static_cast<uint16_t>(rng() % 3 == 0 ? 0xffff : rng() % 3);
    return key;
  };
  for (int i = 0; i < 20'000; ++i) {
    const ColdIndexKey a = random_key();
    const ColdIndexKey b = random_key();
    ASSERT_EQ(RowKey(a) < RowKey(b), Order(a) < Order(b));
    ColdIndexKey again;
    ASSERT_TRUE(DecodeColdIndexKey(RowKey(a), &again));
    ASSERT_EQ(Order(again), Order(a));
    ASSERT_FALSE(again.is_group);
  }
}

TEST(ColdSchema, PutsTheRowsOfANameBetweenItsBounds) {
  std::string begin;
  std::string end;
  AppendColdNameKey(3, "ab", &begin);
  AppendColdNameEnd(3, "ab", &end);
  for (const char* value : {"", "a", "\xff\xff"}) {
    const std::string row = RowKey({3, false, "ab", value, 7});
    EXPECT_TRUE(begin <= row && row < end) << value;
  }
  EXPECT_LT(RowKey({3, false, "a", "z", 7}), begin);
  EXPECT_GT(RowKey({3, false, "abc", "", 0}), end);
  EXPECT_GT(RowKey({3, false, std::string("ab\0", 3), "", 0}), end);
}

TEST(ColdSchema, GivesSeriesAndGroupsBack) {
  const model::Labels labels = model::Labels::Of({{"__name__", "up"}, {"job", "x"}});
  const ColdSeriesRecord series{7, 9, model::kMinTimestamp, model::kMaxTimestamp, labels};
  std::string bytes;
  AppendColdSeriesValue(series, &bytes);
  ColdSeriesRecord again;
  ASSERT_TRUE(DecodeColdSeriesValue(bytes, &again));
  EXPECT_EQ(again.metric_id, 9u);
  EXPECT_EQ(again.min_time, series.min_time);
  EXPECT_EQ(again.max_time, series.max_time);
  EXPECT_EQ(again.labels, labels.view());
  EXPECT_FALSE(DecodeColdSeriesValue(bytes.substr(0, 3), &again));
  bytes.clear();
  const ColdGroup group{-4, 12, -5, 6};
  AppendColdGroupValue(group, &bytes);
  ColdGroup same{.week = -4};
  ASSERT_TRUE(DecodeColdGroupValue(bytes, &same));
  EXPECT_EQ(same, group);
  EXPECT_FALSE(DecodeColdGroupValue(bytes + "x", &same));
}

TEST(ColdSchema, RefusesKeysThatNobodyWrote) {
  const std::string row = RowKey({1, false, "a", "b", 2});
  ColdIndexKey key;
  for (size_t size = 0; size < row.size(); ++size) {
    EXPECT_EQ(DecodeColdIndexKey(row.substr(0, size), &key), size == 8) << size;
  }
  EXPECT_FALSE(DecodeColdIndexKey(row + "x", &key));
  std::string series;
  AppendColdSeriesKey(1, 5, &series);
  int64_t week = 0;
  SeriesRef ref = 0;
  EXPECT_TRUE(DecodeColdSeriesKey(series, &week, &ref));
  EXPECT_EQ(ref, 5u);
  EXPECT_FALSE(DecodeColdSeriesKey(series + "x", &week, &ref));
}

}  // namespace
}  // namespace tidemark::storage::internal
