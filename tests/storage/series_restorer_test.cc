#include "storage/series_restorer.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Labels;

constexpr SeriesRef kSeries = 30'000;  // several times what wakes the thread

Labels LabelsOf(SeriesRef ref) {
  return Labels::Of({{"__name__", "m" + std::to_string(ref % 7)}, {"n", std::to_string(ref)}});
}

void RestoreAll(SeriesRestorer* restorer) {
  for (SeriesRef ref = 1; ref <= kSeries; ++ref) {
    ASSERT_TRUE(restorer->Restore({ref, 1 + ref % 7, LabelsOf(ref)}).ok());
  }
}

TEST(SeriesRestorer, MakesEverySeriesFindableByRefLabelsAndMatchers) {
  Head head(1);
  SeriesRestorer restorer(&head);
  RestoreAll(&restorer);
  restorer.Finish();
  const base::EpochDomain::Guard guard(head.epochs());
  EXPECT_EQ(head.series_count(), kSeries);
  EXPECT_EQ(head.index().series_count(), kSeries);
  EXPECT_EQ(head.index().LabelValues("n").size(), kSeries);
  for (SeriesRef ref = 1; ref <= kSeries; ++ref) {
    const Labels labels = LabelsOf(ref);
    const HeadSeries* const found =
        head.table().Find(labels.bytes(), head.table().Hash(labels.bytes()));
    ASSERT_NE(found, nullptr) << ref;
    ASSERT_EQ(found->ref(), ref);
    ASSERT_EQ(head.series(ref), found);
  }
}

TEST(SeriesRestorer, FinishesWhenItIsGone) {
  Head head(1);
  {
    SeriesRestorer restorer(&head);
    RestoreAll(&restorer);
  }
  EXPECT_EQ(head.index().series_count(), kSeries);
}

TEST(SeriesRestorer, RefusesWhatTheHeadRefuses) {
  Head head(1);
  SeriesRestorer restorer(&head);
  EXPECT_EQ(restorer.Restore({kNoSeries, 1, LabelsOf(1)}).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tidemark::storage
