#include "alert/check/linter.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/parser/parser.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<Finding> FindingsOf(const std::string& text, int64_t for_ms = 0) {
  const auto expr = query::ParseExpr(text);
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.status();
  Rule rule;
  rule.expr = text;
  rule.for_ms = for_ms;
  return Lint(rule, **expr, {});
}

// "severity check" of each finding.
std::vector<std::string> Found(const std::string& text, int64_t for_ms = 0) {
  std::vector<std::string> found;
  for (const Finding& finding : FindingsOf(text, for_ms)) {
    found.push_back(std::string(ToString(finding.severity)) + " " + finding.check);
  }
  return found;
}

TEST(Linter, FindsThatTheRecommendedSafePointRuleCanNeverFire) {
  const auto findings = FindingsOf(
      "min(tidb_log_backup_last_checkpoint) by (instance) - "
      "max(tikv_gcworker_autogc_safe_point) by (instance) < 0");
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].check, "identity-lost");
  const auto join = std::find_if(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.check == "join-never-matches";
  });
  ASSERT_NE(join, findings.end());
  EXPECT_EQ(join->severity, Severity::kError);
  EXPECT_THAT(join->text, HasSubstr("left ones come from TiDB, the right ones from TiKV"));
}

TEST(Linter, AcceptsTheRepairedSafePointRule) {
  EXPECT_THAT(Found("min by (cluster) (tidb_log_backup_last_checkpoint) - on (cluster) "
                    "max by (cluster) (tikv_gcworker_autogc_safe_point) < -262144"),
              IsEmpty());
}

TEST(Linter, FindsJoinsOfComponentsByTheirTargets) {
  EXPECT_THAT(Found("tidb_log_backup_last_checkpoint and tikv_log_backup_task_status"),
              ElementsAre("error join-never-matches"));
  EXPECT_THAT(Found("tidb_log_backup_last_checkpoint unless on (job, cluster) tikv_x"),
              ElementsAre("error join-never-matches"));
  EXPECT_THAT(Found("tidb_log_backup_last_checkpoint or tikv_log_backup_task_status"), IsEmpty());
  EXPECT_THAT(Found("tidb_log_backup_last_checkpoint and ignoring (instance, job) tikv_x"),
              IsEmpty());
  EXPECT_THAT(Found("tidb_log_backup_last_checkpoint - something_else"), IsEmpty());
}

TEST(Linter, DoesNotJudgeLabelsThatAreWrittenAnew) {
  EXPECT_THAT(Found("label_replace(tidb_a, \"instance\", \"x\", \"\", \"\") and on (cluster, "
                    "instance) tikv_b"),
              IsEmpty());
}

TEST(Linter, FindsLabelsThatOnlyOneSideHas) {
  EXPECT_THAT(Found("sum by (cluster, task) (a) / sum by (cluster) (b)"),
              ElementsAre("warning join-labels-differ"));
  EXPECT_THAT(Found("sum by (cluster, task) (a) / on (cluster) group_left () sum by (cluster) (b)"),
              IsEmpty());
}

TEST(Linter, FindsAggregationsThatLoseTheCluster) {
  EXPECT_THAT(Found("max by (task) (a) > 1 and max by (task) (b) > 1"),
              ElementsAre("warning identity-lost"));
  EXPECT_THAT(Found("sum(a) > 5"), ElementsAre("warning identity-lost"));
  EXPECT_THAT(Found("sum without (cluster) (a) > 5"), ElementsAre("warning identity-lost"));
  EXPECT_THAT(Found("max(sum by (cluster) (a))"), ElementsAre("warning identity-lost"));
  EXPECT_THAT(Found("max(sum by (task) (a))"), ElementsAre("warning identity-lost"));
  EXPECT_THAT(Found("sum by (cluster) (a) > 5"), IsEmpty());
  EXPECT_THAT(Found("sum without (instance) (a) > 5"), IsEmpty());
  EXPECT_THAT(Found("sum(a{cluster=\"one\"}) > 5"), IsEmpty());
}

TEST(Linter, FindsJoinsAcrossClusters) {
  EXPECT_THAT(Found("a and on (task) b"), ElementsAre("warning join-mixes-clusters"));
  EXPECT_THAT(Found("a and on (task, cluster) b"), IsEmpty());
  EXPECT_THAT(Found("a{cluster=\"x\"} and on (task) b"), IsEmpty());
}

TEST(Linter, TakesOtherIdentityLabels) {
  const auto expr = query::ParseExpr("sum by (cluster) (a)");
  const auto findings = Lint({}, **expr, {.identity = {"kubernetes_namespace", "cluster"}});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_THAT(findings[0].text, HasSubstr("loses kubernetes_namespace:"));
}

TEST(Linter, FindsMatchersThatCanNeverMatch) {
  EXPECT_THAT(Found("tikv_thread_cpu_seconds_total{name=\"apply_.*\"}"),
              ElementsAre("error matcher-never-matches"));
  EXPECT_THAT(Found("a{x=\"1\", x=\"2\"}"), ElementsAre("error matcher-never-matches"));
  EXPECT_THAT(Found("a{x=\"1\", x!~\"1|2\"}"), ElementsAre("error matcher-never-matches"));
  EXPECT_THAT(Found("tikv_log_backup_flush_duration_sec_count{stage=\"save_file\"}"),
              ElementsAre("error matcher-never-matches"));
  EXPECT_THAT(Found("tikv_log_backup_flush_duration_sec_count{stage=~\"save_.*\"}"), IsEmpty());
  EXPECT_THAT(Found("tikv_log_backup_fatal_errors{type=\"Io\"}"),
              ElementsAre("error matcher-never-matches"));
  EXPECT_THAT(Found("a{x=~\"1.*\", x!=\"1\"}"), IsEmpty());
}

TEST(Linter, KnowsWhichMetricsThereAre) {
  EXPECT_THAT(Found("tikv_log_backup_tasks_status"), ElementsAre("warning unknown-metric"));
  EXPECT_THAT(Found("tikv_log_backup_interal_actor_acting_duration_sec_sum"), IsEmpty());
  EXPECT_THAT(Found("tikv_log_backup_task_status_count"), ElementsAre("warning unknown-metric"));
}

TEST(Linter, FindsAForThatOutlastsTheRange) {
  EXPECT_THAT(Found("increase(a[1m]) > 0", 300'000), ElementsAre("warning for-longer-than-range"));
  EXPECT_THAT(Found("sum by (cluster) (rate(a[5m])) > 2", 300'000), IsEmpty());
  EXPECT_THAT(Found("sum by (cluster) (increase(a[3m])) == 0", 600'000), IsEmpty());
  EXPECT_THAT(Found("2 < changes(a[1m])", 120'000), ElementsAre("warning for-longer-than-range"));
  EXPECT_THAT(Found("b == 0 unless increase(a[1m]) > 0", 300'000), IsEmpty());
  EXPECT_THAT(Found("increase(a[1m]) > 0 unless b == 0", 300'000),
              ElementsAre("warning for-longer-than-range"));
}

TEST(Linter, FindsCountersWhoseFirstEventIsMissed) {
  const std::string_view fatal = "tikv_log_backup_fatal_errors";
  EXPECT_THAT(Found("increase(tikv_log_backup_fatal_errors[5m]) > 0"),
              ElementsAre("warning first-event-missed"));
  EXPECT_THAT(Found("increase(tikv_log_backup_fatal_errors[5m]) > 3"), IsEmpty());
  EXPECT_THAT(
      Found("tikv_log_backup_fatal_errors > 0 unless tikv_log_backup_fatal_errors offset 5m "
            "or increase(tikv_log_backup_fatal_errors[5m]) > 0"),
      IsEmpty());
  EXPECT_THAT(std::string(FindingsOf("rate(tikv_log_backup_fatal_errors[5m]) > 0")[0].text),
              HasSubstr(std::string(fatal) + " is born at 1"));
}

}  // namespace
}  // namespace tidemark::alert
