#include "alert/unittest/unit_test_file.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string ErrorOf(std::string_view yaml) {
  const auto file = ParseUnitTestFile("t.yml", yaml);
  return file.ok() ? "" : std::string(file.status().message());
}

TEST(UnitTestFile, ReadsEveryKey) {
  const auto file = ParseUnitTestFile("t.yml", R"(
rule_files: [a.yml, "b*.yml"]
evaluation_interval: 30s
fuzzy_compare: true
group_eval_order: [y, x]
tests:
  - name: first
    interval: 15s
    start_timestamp: 2026-01-01T00:00:00Z
    external_labels: {region: eu, n: 1}
    external_url: http://me
    input_series: [{series: up, values: 1x5}]
    alert_rule_test:
      - eval_time: 1m30s
        alertname: Down
        exp_alerts: [{exp_labels: {b: 2, a: ~}, exp_annotations: {s: t}}]
    promql_expr_test:
      - {expr: up, eval_time: 0, exp_samples: [{labels: up, value: -.inf}, {value: 1e3}]}
  - start_timestamp: 1.5
)");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->rule_files, ElementsAre("a.yml", "b*.yml"));
  EXPECT_EQ(file->evaluation_interval_ms, 30'000);
  EXPECT_TRUE(file->fuzzy_compare);
  EXPECT_THAT(file->group_eval_order, ElementsAre("y", "x"));
  ASSERT_EQ(file->tests.size(), 2u);
  const TestGroup& test = file->tests[0];
  EXPECT_EQ(test.name, "first");
  EXPECT_EQ(test.interval_ms, 15'000);
  EXPECT_EQ(test.start, 1'767'225'600'000);
  EXPECT_THAT(test.external_labels, ElementsAre(Pair("n", "1"), Pair("region", "eu")));
  EXPECT_EQ(test.external_url, "http://me");
  EXPECT_EQ(test.input[0].values, "1x5");
  EXPECT_EQ(test.alert_tests[0].eval_ms, 90'000);
  EXPECT_EQ(test.alert_tests[0].position.line, 14);
  EXPECT_THAT(test.alert_tests[0].expected[0].labels, ElementsAre(Pair("a", ""), Pair("b", "2")));
  EXPECT_EQ(test.expr_tests[0].expected[0].value, -INFINITY);
  EXPECT_EQ(test.expr_tests[0].expected[1].value, 1000);
  EXPECT_EQ(file->tests[1].start, 1500);
}

TEST(UnitTestFile, TakesTheEvaluationIntervalWhereNoneIsGiven) {
  const auto file = ParseUnitTestFile("t.yml", "tests: [{name: a}]");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->evaluation_interval_ms, 60'000);
  EXPECT_EQ(file->tests[0].interval_ms, 60'000);
  EXPECT_TRUE(ParseUnitTestFile("t.yml", "").ok());
}

TEST(UnitTestFile, SaysWhereSomethingIsWrong) {
  EXPECT_EQ(ErrorOf("tests:\n  - nam: x\n"), "t.yml:2:5: unknown key nam");
  EXPECT_EQ(ErrorOf("evaluation_interval: soon"),
            "t.yml:1:22: evaluation_interval is not a duration like 5m: soon");
  EXPECT_THAT(ErrorOf("tests: [{name: a, name: b}]"), HasSubstr("key name stands twice"));
  EXPECT_THAT(ErrorOf("tests: 5"), HasSubstr("tests is not a list"));
  EXPECT_THAT(ErrorOf("tests: [5]"), HasSubstr("not a mapping"));
  EXPECT_THAT(ErrorOf("fuzzy_compare: perhaps"), HasSubstr("neither true nor false"));
  EXPECT_THAT(ErrorOf("tests: [{start_timestamp: noon}]"), HasSubstr("neither an RFC 3339 time"));
  EXPECT_THAT(ErrorOf("tests: [{promql_expr_test: [{exp_samples: [{value: x}]}]}]"),
              HasSubstr("value is not a number: x"));
  EXPECT_THAT(ErrorOf("tests: [{alert_rule_test: [{eval_time: 1m}]}]"),
              HasSubstr("without alertname"));
  EXPECT_THAT(ErrorOf("tests: [{external_labels: {a: [b]}}]"), HasSubstr("not a text"));
  EXPECT_THAT(ErrorOf("group_eval_order: [a, a]"), HasSubstr("group a stands twice"));
  EXPECT_THAT(ErrorOf("a: [b"), HasSubstr("t.yml:1:"));
}

}  // namespace
}  // namespace tidemark::alert
