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
  head_.FinishRestore();
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
  EXPECT_EQ(head_.Restore({0, 2, b}).code(), absl::StatusCode::kDataLoss);
}

TEST_F(HeadTest, GoesOnWithTheNewerOfTwoSeriesWithTheSameLabels) {
  const Labels a = Labels::Of({{"__name__", "m"}});
  ASSERT_TRUE(head_.Restore({5, 1, a}).ok());
  ASSERT_TRUE(head_.Restore({3, 1, a}).ok());
  ASSERT_TRUE(head_.Restore({8, 1, a}).ok());
  head_.FinishRestore();
  EXPECT_TRUE(head_.has_twins());
  EXPECT_EQ(Register({a})[0].series->ref(), 8u);
  const std::vector<HeadSeries*> superseded = head_.TakeSuperseded();
  ASSERT_EQ(superseded.size(), 2u);
  EXPECT_EQ(superseded[0]->ref(), 3u);
  EXPECT_EQ(superseded[1]->ref(), 5u);
  for (HeadSeries* series : superseded) {
    ASSERT_TRUE(series->TryEvict(model::kMaxTimestamp, head_.epochs()));
  }
  head_.Remove(superseded);
  EXPECT_FALSE(head_.has_twins());
  EXPECT_EQ(head_.series(3), nullptr);
  EXPECT_EQ(head_.NextSeries(0)->ref(), 8u);
  EXPECT_EQ(head_.series_count(), 1u);
}

TEST_F(HeadTest, RegistersLabelsAnewOnceTheirSeriesIsGone) {
  const Labels a = Labels::Of({{"__name__", "m"}});
  HeadSeries* const old = Register({a})[0].series;
  base::EpochDomain::Guard guard(head_.epochs());
  ASSERT_TRUE(old->TryEvict(model::kMaxTimestamp, head_.epochs()));
  HeadSeries* const next = Register({a})[0].series;
  EXPECT_EQ(announced_, 1u);
  EXPECT_EQ(next->ref(), 2u);
  EXPECT_TRUE(head_.has_twins());
  head_.Remove({&old, 1});
  EXPECT_FALSE(head_.has_twins());
  EXPECT_EQ(Register({a})[0].series, next);
  EXPECT_EQ(ToVector(head_.index().Select({})), std::vector<SeriesRef>{2});
  EXPECT_EQ(old->labels(), a.view()) << "memory lives as long as the guard";
}

TEST_F(HeadTest, ForgetsWhatIsRemovedAndGivesItsMemoryBack) {
  std::vector<Labels> labels;
  for (int i = 0; i < 20'000; ++i) {
    labels.push_back(Labels::Of({{"__name__", "m"}, {"i", std::to_string(i)}}));
  }
  const size_t before = head_.bytes();
  std::vector<HeadSeries*> all;
  for (const Head::Wanted& want : Register(labels)) {
    ASSERT_TRUE(want.series->TryEvict(model::kMaxTimestamp, head_.epochs()));
    all.push_back(want.series);
  }
  head_.Remove(all);
  EXPECT_EQ(head_.series_count(), 0u);
  EXPECT_EQ(head_.NextSeries(0), nullptr);
  EXPECT_EQ(head_.index().pair_count(), 0u);
  EXPECT_EQ(head_.table().Find(labels[7].bytes(), head_.table().Hash(labels[7].bytes())), nullptr);
  EXPECT_LE(head_.bytes(), before + (64u << 10)) << "one region of the directory stays";
  EXPECT_GT(head_.epochs()->Collect(), 0u);
  EXPECT_EQ(Register({labels[7]})[0].series->ref(), 20'001u) << "refs are never used again";
}

}  // namespace
}  // namespace tidemark::storage
