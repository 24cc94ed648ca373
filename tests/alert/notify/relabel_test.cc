#include "alert/notify/relabel.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

using model::Labels;

std::string Apply(const RelabelConfig& config) {
  const auto rule = RelabelRule::Create(config);
  EXPECT_TRUE(rule.ok()) << rule.status();
  const auto labels = Relabel(std::span(&*rule, 1),
                              Labels::Of({{"a", "foo"}, {"b", "Bar"}, {"c", "baz"}, {"d", "baz"}}));
  return labels.has_value() ? labels->ToString() : "dropped";
}

RelabelConfig Config(RelabelAction action, std::vector<std::string> source = {},
                     std::string target = "", std::string regex = "(.*)",
                     std::string replacement = "$1") {
  RelabelConfig config;
  config.action = action;
  config.source_labels = std::move(source);
  config.target_label = std::move(target);
  config.regex = std::move(regex);
  config.replacement = std::move(replacement);
  return config;
}

TEST(Relabel, ReplacesByGroupsOfAFullMatch) {
  EXPECT_EQ(Apply(Config(RelabelAction::kReplace, {"a", "c"}, "x", "f(.*);(.*)", "$1-${2}")),
            R"({a="foo", b="Bar", c="baz", d="baz", x="oo-baz"})");
  EXPECT_EQ(Apply(Config(RelabelAction::kReplace, {"a"}, "x", "fo", "no")),
            R"({a="foo", b="Bar", c="baz", d="baz"})");
}

TEST(Relabel, DeletesALabelThatIsReplacedByNothing) {
  EXPECT_EQ(Apply(Config(RelabelAction::kReplace, {"a"}, "a", "foo", "")),
            R"({b="Bar", c="baz", d="baz"})");
}

TEST(Relabel, TakesTheNameOfTheTargetFromTheMatch) {
  EXPECT_EQ(Apply(Config(RelabelAction::kReplace, {"a"}, "${1}_x", "(f.).*", "new")),
            R"({a="foo", b="Bar", c="baz", d="baz", fo_x="new"})");
}

TEST(Relabel, KeepsAndDropsByExpression) {
  EXPECT_NE(Apply(Config(RelabelAction::kKeep, {"a"}, "", "f.*")), "dropped");
  EXPECT_EQ(Apply(Config(RelabelAction::kKeep, {"a"}, "", "o+")), "dropped");
  EXPECT_EQ(Apply(Config(RelabelAction::kDrop, {"a"}, "", "f.*")), "dropped");
  EXPECT_NE(Apply(Config(RelabelAction::kDrop, {"a"}, "", "o+")), "dropped");
}

TEST(Relabel, KeepsAndDropsByEqualLabels) {
  EXPECT_NE(Apply(Config(RelabelAction::kKeepEqual, {"c"}, "d")), "dropped");
  EXPECT_EQ(Apply(Config(RelabelAction::kKeepEqual, {"a"}, "d")), "dropped");
  EXPECT_EQ(Apply(Config(RelabelAction::kDropEqual, {"c"}, "d")), "dropped");
  EXPECT_NE(Apply(Config(RelabelAction::kDropEqual, {"a"}, "d")), "dropped");
}

TEST(Relabel, HashesAsPrometheusDoes) {
  RelabelConfig config = Config(RelabelAction::kHashMod, {"c"}, "h");
  config.modulus = 1000;
  EXPECT_EQ(Apply(config), R"({a="foo", b="Bar", c="baz", d="baz", h="976"})");
}

TEST(Relabel, MapsKeepsAndDropsNames) {
  EXPECT_EQ(Apply(Config(RelabelAction::kLabelMap, {}, "", "([ab])", "my_$1")),
            R"({a="foo", b="Bar", c="baz", d="baz", my_a="foo", my_b="Bar"})");
  EXPECT_EQ(Apply(Config(RelabelAction::kLabelDrop, {}, "", "[abc]")), R"({d="baz"})");
  EXPECT_EQ(Apply(Config(RelabelAction::kLabelKeep, {}, "", "[ab]")), R"({a="foo", b="Bar"})");
}

TEST(Relabel, ChangesTheCaseOfLetters) {
  EXPECT_EQ(Apply(Config(RelabelAction::kLowercase, {"b"}, "x")),
            R"({a="foo", b="Bar", c="baz", d="baz", x="bar"})");
  EXPECT_EQ(Apply(Config(RelabelAction::kUppercase, {"b"}, "x")),
            R"({a="foo", b="Bar", c="baz", d="baz", x="BAR"})");
}

TEST(Relabel, RefusesRulesThatCannotWork) {
  EXPECT_FALSE(RelabelRule::Create(Config(RelabelAction::kReplace, {"a"}, "")).ok());
  EXPECT_FALSE(RelabelRule::Create(Config(RelabelAction::kHashMod, {"a"}, "x")).ok());
  EXPECT_FALSE(RelabelRule::Create(Config(RelabelAction::kKeep, {"a"}, "", "(")).ok());
}

TEST(ParseRelabelAction, KnowsAllActionsInAnyCase) {
  EXPECT_EQ(ParseRelabelAction("LabelMap"), RelabelAction::kLabelMap);
  EXPECT_EQ(ParseRelabelAction("keepequal"), RelabelAction::kKeepEqual);
  EXPECT_EQ(ParseRelabelAction("keeps"), std::nullopt);
}

}  // namespace
}  // namespace tidemark::alert
