#include "alert/unittest/unit_test_runner.h"

#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Rules that know when they are evaluated.
RuleFile Rules() {
  Rule alert;
  alert.name = "Down";
  alert.expr = "up == 0";
  alert.annotations = {{"at", "{{ $value }}"}};
  Rule record;
  record.kind = RuleKind::kRecord;
  record.name = "now";
  record.expr = "time()";
  RuleGroup group;
  group.name = "g";
  group.interval_ms = 3'600'000;  // does not matter here
  group.rules = {alert, record};
  return {.path = "r.yml", .groups = {group}};
}

UnitTestReport Judge(std::string_view yaml) {
  const auto file = ParseUnitTestFile("t.yml", yaml);
  EXPECT_TRUE(file.ok()) << file.status();
  return RunUnitTests(*file, {Rules()}, {});
}

TEST(UnitTestRunner, CountsWhatItLookedAt) {
  const UnitTestReport report = Judge(R"(
tests:
  - input_series: [{series: up, values: 1 0}]
    alert_rule_test: [{eval_time: 0, alertname: Down}]
    promql_expr_test: [{expr: up, eval_time: 1m, exp_samples: [{labels: up, value: 0}]}]
)");
  EXPECT_THAT(report.failures, IsEmpty());
  EXPECT_EQ(report.checks, 2u);
}

TEST(UnitTestRunner, TellsWhereATestFailsAndHow) {
  const UnitTestReport report = Judge(R"(
tests:
  - name: mine
    input_series: [{series: up, values: 0 0}]
    alert_rule_test:
      - {eval_time: 1m, alertname: Down, exp_alerts: [{exp_annotations: {at: 1}}]}
    promql_expr_test:
      - {expr: up + 1, eval_time: 1m, exp_samples: [{labels: up, value: 0}]}
)");
  EXPECT_THAT(report.failures, ElementsAre("t.yml:6: test mine: alert Down at 1m\n"
                                           "      {alertname=\"Down\"} has other annotations:\n"
                                           "      - at: 1\n"
                                           "      + at: 0",
                                           "t.yml:8: test mine: up + 1 at 1m\n"
                                           "    + {} 1\n"
                                           "    - up 0"));
}

TEST(UnitTestRunner, BeginsWhereItIsTold) {
  EXPECT_THAT(Judge(R"(
tests:
  - start_timestamp: 1000
    input_series: [{series: x, values: 1 2}]
    promql_expr_test:
      - {expr: now, eval_time: 2m, exp_samples: [{labels: now, value: 1120}]}
      - {expr: timestamp(x), eval_time: 1m, exp_samples: [{value: 1060}]}
)")
                  .failures,
              IsEmpty());
}

TEST(UnitTestRunner, StopsAtARuleThatFails) {
  const auto file = ParseUnitTestFile("t.yml",
                                      "tests: [{input_series: [{series: now, values: 1x5}], "
                                      "promql_expr_test: [{expr: '1', eval_time: 1m}]}]");
  const UnitTestReport report = RunUnitTests(*file, {Rules()}, {});
  ASSERT_EQ(report.failures.size(), 1u);
  EXPECT_THAT(report.failures[0], HasSubstr("rule now at 0s: now has a later sample"));
}

TEST(UnitTestRunner, RefusesNativeHistograms) {
  EXPECT_THAT(Judge("tests: [{promql_expr_test: [{expr: x, exp_samples: [{histogram: '{{}}'}]}]}]")
                  .failures[0],
              HasSubstr("native histograms are not supported"));
}

TEST(UnitTestRunner, ReportsFilesThatAreMissingOrWrong) {
  testing::TempDir folder;
  EXPECT_THAT(RunUnitTestFile(folder.File("none.yml"), {}).failures[0], HasSubstr("none.yml"));
  std::ofstream(folder.File("t.yml")) << "rule_files: [no*.yml]\ntests: [{name: a}]\n";
  const UnitTestReport report = RunUnitTestFile(folder.File("t.yml"), {});
  EXPECT_TRUE(report.passed());
  EXPECT_THAT(report.warnings[0], HasSubstr("/no*.yml"));
}

}  // namespace
}  // namespace tidemark::alert
