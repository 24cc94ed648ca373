#include "alert/check/rule_check.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::alert {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RuleCheck Check(const std::string& expr, int64_t for_ms = 0) {
  RuleGroup group;
  group.name = "g";
  Rule rule;
  rule.name = "A";
  rule.expr = expr;
  rule.for_ms = for_ms;
  auto check = CheckRule(group, rule, {});
  EXPECT_TRUE(check.ok()) << check.status();
  return std::move(*check);
}

TEST(RuleCheck, TellsPartitionTriggersAndDelay) {
  const RuleCheck check = Check("time() - x{a=\"b\"} > 600", 60'000);
  EXPECT_EQ(check.partition, LabelFamily::All());
  EXPECT_EQ(check.inputs[0].selector, "x{a=\"b\"}");
  EXPECT_TRUE(check.on_arrival);
  EXPECT_THAT(check.deadlines,
              ElementsAre("time() - x{a=\"b\"} > 600 is reached", "look-back ends", "`for` ends"));
  EXPECT_THAT(check.ticks, IsEmpty());
  EXPECT_EQ(check.worst_delay_ms, 0);
}

TEST(RuleCheck, WaitsForTheScrapeWhenThereAreMoreInputs) {
  EXPECT_EQ(Check("x - y > 600").worst_delay_ms, 250);
  EXPECT_EQ(Check("max by (task) (x) > 600").worst_delay_ms, 250) << "x may be many series";
  EXPECT_EQ(Check("x > 600 and max_over_time(x[5m]) > 700").worst_delay_ms, 0) << "one series";
}

TEST(RuleCheck, NamesAnInputOnceThoughItIsReadTwice) {
  const RuleCheck check = Check("time() - x > 600 and x > 0");
  EXPECT_EQ(check.inputs.size(), 1u);
  EXPECT_EQ(check.worst_delay_ms, 0);
}

TEST(RuleCheck, TakesATickWhereTheExpressionIsEvaluatedWholeOrNotSolved) {
  EXPECT_EQ(Check("sum(x) > 600").worst_delay_ms, 1000);
  EXPECT_EQ(Check("rate(x[5m]) > 600").worst_delay_ms, 1000);
}

TEST(RuleCheck, RefusesAnExpressionThatDoesNotParse) {
  Rule rule;
  rule.expr = "x +";
  EXPECT_FALSE(CheckRule({}, rule, {}).ok());
}

TEST(RuleCheck, IsReportedForPeopleAndForPrograms) {
  FileCheck file{.path = "r.yml", .errors = {}, .rules = {Check("sum(x) > 600", 60'000)}};
  const std::string text = ToText({file});
  EXPECT_THAT(text, HasSubstr("alert A (group g)"));
  EXPECT_THAT(text, HasSubstr("partition  none: evaluated whole"));
  EXPECT_THAT(text, HasSubstr("delay      at most 1s, then for 1m"));
  EXPECT_THAT(text, HasSubstr("1 rules, 0 errors, 1 warnings"));
  EXPECT_THAT(
      ToJson({file}),
      HasSubstr("\"partition\":{\"all\":false,\"labels\":[]},\"inputs\":[{\"selector\":\"x\""));
  EXPECT_FALSE(file.failed());
}

TEST(RuleCheck, FailsOnAnError) {
  FileCheck file{.path = "r.yml", .errors = {}, .rules = {Check("x{a=\"1\", a=\"2\"}")}};
  EXPECT_TRUE(file.failed());
  EXPECT_TRUE((FileCheck{.path = "r.yml", .errors = {"r.yml: not found"}, .rules = {}}).failed());
}

}  // namespace
}  // namespace tidemark::alert
