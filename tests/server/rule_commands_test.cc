#include "server/rule_commands.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Outcome {
  int exit_code;
  std::string output;
};

Outcome Execute(RuleFlags::Command command, const std::string& file, bool json = false) {
  RuleFlags flags;
  flags.command = command;
  flags.files = {std::string(TIDEMARK_RULE_TESTS) + "/" + file};
  flags.json = json;
  ::testing::internal::CaptureStdout();
  const int exit_code = RunRuleCommand(flags);
  return {exit_code, ::testing::internal::GetCapturedStdout()};
}

TEST(TestRules, EndsWellWhenAllTestsPass) {
  const Outcome outcome = Execute(RuleFlags::Command::kTest, "recommended_test.yml");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("recommended_test.yml: ok ("));
}

TEST(TestRules, ShowsWhatFails) {
  const Outcome outcome = Execute(RuleFlags::Command::kTest, "cases/wrong_value_fails.yml");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, AllOf(HasSubstr("x at 1m\n    - x 2\n    + x 1\n"),
                                    HasSubstr("FAILED (1 checks, 1 failures)")));
}

TEST(CheckRules, FindsTheDeadRuleOfTheRecommendedSet) {
  const Outcome outcome = Execute(RuleFlags::Command::kCheck, "recommended.yml");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("alert LogBackupGCSafePointExceedsCheckpoint (group PiTR)"),
                    HasSubstr("no instance is both; so the result is always empty "
                              "[join-never-matches]"),
                    HasSubstr("max by (task) loses cluster"), HasSubstr("6 rules, 1 errors")));
}

TEST(CheckRules, FindsNothingWrongWithTheRepairedSet) {
  const Outcome outcome = Execute(RuleFlags::Command::kCheck, "repaired.yml");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.output;
  EXPECT_THAT(outcome.output, HasSubstr("13 rules, 0 errors, 0 warnings"));
}

TEST(CheckRules, SaysWhatIsNotValid) {
  const Outcome outcome = Execute(RuleFlags::Command::kCheck, "cases/broken_rules.yml");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.output, HasSubstr("unknown key"));
}

TEST(CheckRules, WritesJson) {
  const Outcome outcome = Execute(RuleFlags::Command::kCheck, "repaired.yml", true);
  EXPECT_THAT(outcome.output, StartsWith("{\"files\":[{\"file\":"));
  EXPECT_THAT(outcome.output, HasSubstr("\"name\":\"P1LagTooLong\",\"type\":\"alerting\""));
}

}  // namespace
}  // namespace tidemark::server
