#include "storage/metadata_table.h"

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

const MetricMetadata kGauge{MetricType::kGauge, "help", ""};
const MetricMetadata kCounter{MetricType::kCounter, "help", ""};

TEST(MetadataTable, KeepsTheLatestOfEachFamily) {
  MetadataTable table;
  EXPECT_TRUE(table.Set("b", kGauge));
  EXPECT_FALSE(table.Set("b", kGauge));
  EXPECT_TRUE(table.Set("b", kCounter));
  EXPECT_TRUE(table.Set("a", kGauge));
  ASSERT_EQ(table.List().size(), 2u);
  EXPECT_EQ(table.List()[0].first, "a");
  EXPECT_EQ(table.List("b")[0].second, kCounter);
  EXPECT_TRUE(table.List("c").empty());
}

TEST(MetadataTable, GivesChangesOutOnceUnlessTheyAreGivenBack) {
  MetadataTable table;
  table.Restore("old", kGauge);
  table.Set("new", kGauge);
  const auto dirty = table.TakeDirty();
  ASSERT_EQ(dirty.size(), 1u);
  EXPECT_EQ(dirty[0].first, "new");
  EXPECT_TRUE(table.TakeDirty().empty());
  table.Untake(dirty);
  EXPECT_EQ(table.TakeDirty().size(), 1u);
}

}  // namespace
}  // namespace tidemark::storage
