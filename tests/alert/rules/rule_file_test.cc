#include "alert/rules/rule_file.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

TEST(LabelsOf, AddsTheGroupsLabelsToTheRules) {
  RuleGroup group;
  group.labels = {{"team", "storage"}, {"zone", "a"}};
  Rule rule;
  rule.labels = {{"severity", "critical"}};
  const TextPairs expected = {{"severity", "critical"}, {"team", "storage"}, {"zone", "a"}};
  EXPECT_EQ(LabelsOf(group, rule), expected);
}

TEST(LabelsOf, LetsTheRulesLabelWin) {
  RuleGroup group;
  group.labels = {{"severity", "warning"}};
  Rule rule;
  rule.labels = {{"severity", "critical"}};
  const TextPairs expected = {{"severity", "critical"}};
  EXPECT_EQ(LabelsOf(group, rule), expected);
}

}  // namespace
}  // namespace tidemark::alert
