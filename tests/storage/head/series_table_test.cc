#include "storage/head/series_table.h"

#include <memory>
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
    series_.push_back(std::make_unique<HeadSeries>(ref, 1, *labels_.back()));
    table_.Insert(series_.back().get(), table_.Hash(*labels_.back()));
    return series_.back().get();
  }
  HeadSeries* Find(std::string_view bytes) { return table_.Find(bytes, table_.Hash(bytes)); }

  base::EpochDomain epochs_;
  SeriesTable table_{&epochs_, 99};
  std::vector<std::unique_ptr<std::string>> labels_;
  std::vector<std::unique_ptr<HeadSeries>> series_;
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

}  // namespace
}  // namespace tidemark::storage
