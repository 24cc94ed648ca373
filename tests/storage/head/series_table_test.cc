#include "storage/head/series_table.h"

#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

class SeriesTableTest : public ::testing::Test {
 protected:
  HeadSeries* Insert(int i) {
    labels_.push_back(std::make_unique<std::string>(
        model::Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}}).bytes()));
    const auto ref = static_cast<SeriesRef>(labels_.size());
    series_.emplace_back(HeadSeries::Create(ref, 1, *labels_.back()));
    table_.Insert(series_.back().get(), table_.Hash(*labels_.back()));
    return series_.back().get();
  }
  HeadSeries* Find(std::string_view bytes) { return table_.Find(bytes, table_.Hash(bytes)); }

  base::EpochDomain epochs_;
  SeriesTable table_{&epochs_, 99};
  std::vector<std::unique_ptr<std::string>> labels_;
  std::vector<HeadSeries::Owner> series_;
};

TEST_F(SeriesTableTest, FindsWhatWasInsertedThroughManyGrowths) {
  for (int i = 0; i < 20'000; ++i) {
    Insert(i);
  }
  for (const auto& series : series_) {
    EXPECT_EQ(Find(series->label_bytes()), series.get());
  }
  EXPECT_EQ(table_.size(), 20'000u);
  EXPECT_EQ(Find("no labels"), nullptr);
}

TEST_F(SeriesTableTest, DecidesByTheBytesWhenHashesCollide) {
  HeadSeries* a = Insert(1);
  const std::string other = model::Labels::Of({{"__name__", "other"}}).bytes();
  EXPECT_EQ(table_.Find(other, table_.Hash(a->label_bytes())), nullptr);
}

TEST_F(SeriesTableTest, RetiresATableThatGrew) {
  base::EpochDomain::Guard guard(&epochs_);
  for (int i = 0; i < 1000; ++i) {
    Insert(i);
  }
  EXPECT_EQ(epochs_.Collect(), 0u);
  guard.Leave();
  EXPECT_GE(epochs_.Collect(), 1u);
}

TEST_F(SeriesTableTest, FindsTheOthersWhileSeriesComeAndGo) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 rng(seed);
  std::set<HeadSeries*> in;
  for (int round = 0; round < 30'000; ++round) {
    if (in.size() < 300 || (in.size() < 600 && rng() % 2 == 0)) {
      in.insert(Insert(round));
      continue;
    }
    HeadSeries* const victim = *std::next(in.begin(), static_cast<int>(rng() % in.size()));
    ASSERT_TRUE(table_.Erase(victim, table_.Hash(victim->label_bytes())));
    ASSERT_FALSE(table_.Erase(victim, table_.Hash(victim->label_bytes())));
    ASSERT_EQ(Find(victim->label_bytes()), nullptr);
    in.erase(victim);
    if (round % 100 == 0) {
      for (HeadSeries* series : in) {
        ASSERT_EQ(Find(series->label_bytes()), series);
      }
    }
  }
  EXPECT_EQ(table_.size(), in.size());
  EXPECT_LE(table_.bytes(), 2048 * sizeof(uint64_t)) << "marks were cleared away";
}

TEST_F(SeriesTableTest, GivesMemoryBackWhenMostSeriesHaveGone) {
  for (int i = 0; i < 50'000; ++i) {
    Insert(i);
  }
  const size_t full = table_.bytes();
  for (size_t i = 0; i < 49'000; ++i) {
    table_.Erase(series_[i].get(), table_.Hash(series_[i]->label_bytes()));
  }
  table_.Shrink();
  EXPECT_LE(table_.bytes() * 16, full);
  for (size_t i = 49'000; i < 50'000; ++i) {
    EXPECT_EQ(Find(series_[i]->label_bytes()), series_[i].get());
  }
}

TEST_F(SeriesTableTest, FindsTheSeriesThatReplacedAnother) {
  HeadSeries* const old = Insert(1);
  const model::Hash128 hash = table_.Hash(old->label_bytes());
  const HeadSeries::Owner next(HeadSeries::Create(77, 1, old->label_bytes()));
  table_.Replace(old, next.get(), hash);
  EXPECT_EQ(Find(old->label_bytes()), next.get());
  EXPECT_FALSE(table_.Erase(old, hash));
  EXPECT_TRUE(table_.Erase(next.get(), hash));
  EXPECT_EQ(table_.size(), 0u);
}

}  // namespace
}  // namespace tidemark::storage
