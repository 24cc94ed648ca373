#include "alert/check/partition.h"

#include "gtest/gtest.h"
#include "query/parser/parser.h"

namespace tidemark::alert {
namespace {

std::string Partition(std::string_view text) {
  const auto expr = query::ParseExpr(text, {.experimental_functions = true});
  return expr.ok() ? PartitionOf(**expr).ToString() : std::string(expr.status().message());
}

TEST(Partition, OfASelectorAreAllLabels) {
  EXPECT_EQ(Partition("a"), "all labels");
  EXPECT_EQ(Partition("rate(a[5m] offset 1h) > 0"), "all labels");
  EXPECT_EQ(Partition("time() - a / 262144000 > 600"), "all labels");
}

TEST(Partition, OfAnAggregationAreTheLabelsItKeeps) {
  EXPECT_EQ(Partition("sum by (cluster, task) (a)"), "cluster, task");
  EXPECT_EQ(Partition("sum without (le) (a)"), "all labels but le");
  EXPECT_EQ(Partition("sum(a)"), "none");
  EXPECT_EQ(Partition("max by (cluster, x) (sum by (cluster, y) (a))"), "cluster");
  EXPECT_EQ(Partition("topk by (cluster) (3, a)"), "cluster");
  EXPECT_EQ(Partition("topk by (cluster) (scalar(b), a)"), "none");
  EXPECT_EQ(Partition("count_values by (cluster, v) (\"v\", a)"), "cluster");
}

TEST(Partition, OfAJoinAreTheLabelsCompared) {
  EXPECT_EQ(Partition("a - b"), "all labels");
  EXPECT_EQ(Partition("a - on (cluster, x) sum by (cluster) (b)"), "cluster");
  EXPECT_EQ(Partition("a * ignoring (x) group_left (y) b"), "all labels but x, y");
  EXPECT_EQ(Partition("a unless on (cluster) b"), "cluster");
  EXPECT_EQ(Partition("a and on () b"), "none");
  EXPECT_EQ(Partition("a or b"), "all labels");
}

TEST(Partition, OfARecommendedRuleIsTheTask) {
  EXPECT_EQ(Partition("max(time() - tidb_log_backup_last_checkpoint / 262144000) by (task) / 60 > "
                      "10 and max(tidb_log_backup_last_checkpoint) by (task) > 0 and "
                      "max(tikv_log_backup_task_status) by (task) == 0"),
            "task");
}

TEST(Partition, IsBoundByNoOperandThatReadsNoSeries) {
  EXPECT_EQ(Partition("a and on () (hour() > 8)"), "all labels");
  EXPECT_EQ(Partition("a * on () group_left () vector(2)"), "none");
  EXPECT_EQ(Partition("a or vector(0)"), "none");
  EXPECT_EQ(Partition("vector(0) unless a"), "none");
  EXPECT_EQ(Partition("vector(1)"), "none");
}

TEST(Partition, LosesTheLabelThatAFunctionWrites) {
  EXPECT_EQ(Partition("label_replace(a, \"x\", \"$1\", \"y\", \"(.*)\")"), "all labels but x");
  EXPECT_EQ(Partition("sum by (x, y) (label_join(a, \"x\", \"-\", \"y\"))"), "y");
  EXPECT_EQ(Partition("histogram_quantile(0.9, rate(a_bucket[5m]))"), "all labels but le");
}

TEST(Partition, IsNoneWhereNoSeriesCanMeanSomething) {
  EXPECT_EQ(Partition("absent(a)"), "none");
  EXPECT_EQ(Partition("absent_over_time(a[5m])"), "none");
  EXPECT_EQ(Partition("a > scalar(b)"), "none");
}

TEST(Partition, OfASubqueryIsThatOfItsExpression) {
  EXPECT_EQ(Partition("max_over_time(sum by (cluster) (a)[1h:1m])"), "cluster");
}

}  // namespace
}  // namespace tidemark::alert
