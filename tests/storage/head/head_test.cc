#include "storage/head/head.h"

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Labels;

class HeadTest : public ::testing::Test {
 protected:
  std::vector<Head::Wanted> Register(const std::vector<Labels>& labels) {
    base::EpochDomain::Guard guard(head_.epochs());
    std::vector<Head::Wanted> wanted;
    for (const Labels& l : labels) {
      wanted.push_back({l, head_.table().Hash(l.bytes()), nullptr});
    }
    announced_ = 0;
    head_.Register(wanted,
                   [this](std::span<HeadSeries* const> created) { announced_ += created.size(); });
    return wanted;
  }

  Head head_{1};
  size_t announced_ = 0;
};

TEST_F(HeadTest, GivesRepeatedLabelsInOneBatchOneSeries) {
  const Labels a = Labels::Of({{"__name__", "m"}, {"x", "1"}});
  const Labels b = Labels::Of({{"__name__", "m"}, {"x", "2"}});
  const auto wanted = Register({a, b, a});
  EXPECT_EQ(announced_, 2u);
  EXPECT_EQ(wanted[0].series, wanted[2].series);
  EXPECT_NE(wanted[0].series, wanted[1].series);
  EXPECT_EQ(wanted[0].series->metric(), wanted[1].series->metric());
  EXPECT_EQ(Register({b})[0].series, wanted[1].series);
  EXPECT_EQ(announced_, 0u);
}

TEST_F(HeadTest, IndexesWhatItRegisters) {
  const auto wanted = Register({Labels::Of({{"__name__", "m"}, {"x", "1"}})});
  const auto matcher = *model::Matcher::Create(model::MatchType::kEqual, "x", "1");
  const SeriesBitmap found = head_.index().Select(std::vector<model::Matcher>{matcher});
  EXPECT_EQ(ToVector(found), std::vector<SeriesRef>{wanted[0].series->ref()});
}

TEST_F(HeadTest, RestoresASeriesUnderItsRefAndGoesOnBehindIt) {
  const Labels a = Labels::Of({{"__name__", "m"}});
  ASSERT_TRUE(head_.Restore({41, 9, a}).ok());
  ASSERT_TRUE(head_.Restore({41, 9, a}).ok()) << "replay is idempotent";
  EXPECT_EQ(head_.series(41)->labels(), a.view());
  EXPECT_EQ(head_.series(40), nullptr);
  const auto wanted = Register({a, Labels::Of({{"__name__", "n"}})});
  EXPECT_EQ(wanted[0].series->ref(), 41u);
  EXPECT_EQ(wanted[1].series->ref(), 42u);
  EXPECT_NE(wanted[1].series->metric(), 9u);
}

TEST_F(HeadTest, RefusesARestoredSeriesThatCollides) {
  const Labels a = Labels::Of({{"__name__", "m"}});
  const Labels b = Labels::Of({{"__name__", "n"}});
  ASSERT_TRUE(head_.Restore({1, 1, a}).ok());
  EXPECT_EQ(head_.Restore({1, 2, b}).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(head_.Restore({2, 1, a}).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(head_.Restore({0, 2, b}).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tidemark::storage
