// The rule packs that are shipped in rules/, as files: valid, tested, judged alike by promtool and
// by us, and free of what the linter knows to be wrong.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "alert/check/rule_check.h"
#include "alert/rules/rule_file_set.h"
#include "alert/unittest/unit_test_runner.h"
#include "fmt/format.h"
#include "fmt/ranges.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tidemark::alert {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const fs::path kFolder = TIDEMARK_RULE_PACKS;

// A pack NAME.rules.yml is tested by tests/NAME_test.yml.
class RulePacks : public ::testing::TestWithParam<const char*> {
 protected:
  static std::string Pack() { return kFolder / fmt::format("{}.rules.yml", GetParam()); }
  static std::string Tests() { return kFolder / fmt::format("tests/{}_test.yml", GetParam()); }

  static std::vector<Rule> Rules() {
    const ParsedRuleFile parsed = ReadRuleFile(Pack());
    EXPECT_TRUE(parsed.status().ok()) << parsed.status();
    std::vector<Rule> rules;
    for (const RuleGroup& group : parsed.file.groups) {
      rules.insert(rules.end(), group.rules.begin(), group.rules.end());
    }
    return rules;
  }
};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string TextOf(const TextPairs& pairs, std::string_view name) {
  for (const auto& [key, text] : pairs) {
    if (key == name) {
      return text;
    }
  }
  return "";
}

bool Promtool(std::string_view verb, const std::string& path) {
  const std::string command = fmt::format("promtool {} rules '{}' >/dev/null 2>&1", verb, path);
  return std::system(command.c_str()) == 0;
}

TEST_P(RulePacks, PassesItsTestsHereAndInPromtool) {
  const UnitTestReport report = RunUnitTestFile(Tests(), {});
  EXPECT_TRUE(report.passed()) << fmt::format("{}", fmt::join(report.failures, "\n"));
  EXPECT_GT(report.checks, Rules().size());
  EXPECT_TRUE(Promtool("test", Tests()));
  EXPECT_TRUE(Promtool("check", Pack()));
}

TEST_P(RulePacks, HasATestForEveryAlert) {
  const std::string tests = ReadAll(Tests());
  for (const Rule& rule : Rules()) {
    EXPECT_THAT(tests, HasSubstr(rule.name));
  }
}

INSTANTIATE_TEST_SUITE_P(All, RulePacks,
                         ::testing::Values("pitr.recommended", "pitr.fleet", "known-issues"));

class OurPacks : public RulePacks {};

TEST_P(OurPacks, SaysOfEveryAlertHowBadItIsAndWhatToDo) {
  for (const Rule& rule : Rules()) {
    SCOPED_TRACE(rule.name);
    EXPECT_THAT(TextOf(rule.labels, "severity"), ::testing::AnyOf("warning", "critical"));
    EXPECT_THAT(TextOf(rule.labels, "level"), ::testing::AnyOf("warning", "critical", "emergency"));
    EXPECT_THAT(TextOf(rule.annotations, "summary"), HasSubstr("{{ $labels.cluster }}"));
    EXPECT_GT(TextOf(rule.annotations, "runbook").size(), 40u);
  }
}

TEST_P(OurPacks, HasNothingTheLinterFinds) {
  const FileCheck check = CheckRuleFile(Pack(), {});
  for (const RuleCheck& rule : check.rules) {
    for (const Finding& finding : rule.findings) {
      ADD_FAILURE() << rule.name << ": " << finding.text;
    }
  }
  EXPECT_FALSE(check.rules.empty());
}

// So that the arrival of a sample has only its cluster's part of a rule evaluated.
TEST_P(OurPacks, IsEvaluatedClusterByCluster) {
  for (const RuleCheck& rule : CheckRuleFile(Pack(), {}).rules) {
    EXPECT_TRUE(rule.partition.Contains("cluster")) << rule.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Ours, OurPacks, ::testing::Values("pitr.fleet", "known-issues"));

TEST(RecommendedPack, ShowsTheLinterItsDeadRule) {
  const FileCheck check = CheckRuleFile(kFolder / "pitr.recommended.rules.yml", {});
  EXPECT_TRUE(check.failed());
  std::set<std::string> found;
  for (const Finding& finding : check.rules.back().findings) {
    found.insert(finding.check);
  }
  EXPECT_THAT(found, ::testing::UnorderedElementsAre("identity-lost", "join-never-matches"));
}

}  // namespace
}  // namespace tidemark::alert
