#include "storage/index/metric_ids.h"

#include "gtest/gtest.h"

namespace tidemark::storage {
namespace {

TEST(MetricIds, GivesEachNameOneNumber) {
  MetricIds ids;
  const MetricId up = ids.Assign("up");
  EXPECT_NE(up, kNoMetric);
  EXPECT_NE(ids.Assign("down"), up);
  EXPECT_EQ(ids.Assign("up"), up);
  EXPECT_EQ(ids.Find("up"), up);
  EXPECT_EQ(ids.Find("sideways"), std::nullopt);
  EXPECT_EQ(ids.size(), 2u);
}

TEST(MetricIds, TakesTheEmptyNameToo) {
  MetricIds ids;
  EXPECT_NE(ids.Assign(""), kNoMetric);
}

TEST(MetricIds, GoesOnBehindTheHighestRestored) {
  MetricIds ids;
  ASSERT_TRUE(ids.Restore("up", 7).ok());
  ASSERT_TRUE(ids.Restore("down", 3).ok());
  ASSERT_TRUE(ids.Restore("up", 7).ok());
  EXPECT_EQ(ids.Assign("down"), 3u);
  EXPECT_EQ(ids.Assign("new"), 8u);
}

TEST(MetricIds, KeepsTheFirstNumberOfAName) {
  MetricIds ids;
  ASSERT_TRUE(ids.Restore("up", 7).ok());
  EXPECT_TRUE(ids.Restore("up", 8).ok());
  EXPECT_EQ(ids.Find("up"), 7u);
  EXPECT_EQ(ids.Assign("new"), 9u) << "8 belongs to series that are stored";
  EXPECT_EQ(ids.Restore("other", kNoMetric).code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tidemark::storage
