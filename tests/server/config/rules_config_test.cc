#include "server/config/rules_config.h"

#include "base/status_macros.h"
#include "gtest/gtest.h"
#include "server/config/config.h"

namespace tidemark::server {
namespace {

TEST(RulesConfig, ReadsWhatPrometheusHas) {
  const auto config = ParseConfig(
      "global:\n  evaluation_interval: 15s\n  rule_query_offset: 30s\n"
      "  external_labels: {region: eu, tier: \"1\"}\n"
      "rule_files:\n  - rules/*.yml\n  - more.yml\n"
      "alerting:\n  alertmanagers:\n    - static_configs: [{targets: ['am:9093']}]\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->rules.evaluation_interval_ms, 15'000);
  EXPECT_EQ(config->rules.query_offset_ms, 30'000);
  EXPECT_EQ(config->rules.external_labels,
            (std::map<std::string, std::string>{{"region", "eu"}, {"tier", "1"}}));
  EXPECT_EQ(config->rules.files, (std::vector<std::string>{"rules/*.yml", "more.yml"}));
  ASSERT_EQ(config->alerting.alertmanagers.size(), 1u);
  EXPECT_EQ(config->alerting.alertmanagers[0].targets[0].Get("__address__"), "am:9093");
}

TEST(RulesConfig, TellsClustersApartAsFleetsAreLabelledByDefault) {
  const auto config = ParseConfig("");
  ASSERT_TRUE(config.ok()) << config.status();
  const std::vector<std::vector<std::string>> names = {
      {"k8s_cluster", "tidb_cluster"}, {"kubernetes_namespace", "cluster"}, {"cluster"}};
  EXPECT_EQ(config->rules.identity.names, names);
  EXPECT_EQ(config->rules.evaluation_interval_ms, 60'000);
}

TEST(RulesConfig, ReadsWhatIsTidemarksOwn) {
  const auto config = ParseConfig(
      "identity:\n  labels: [[region, cluster], cluster]\n  sender_labels: [team]\n"
      "  replica_labels: [replica]\n"
      "rules:\n  settle: 0\n  catch_up: 2s\n  tick: 500ms\n  late_after: 10m\n"
      "  groups:\n    - {name: fleet, fleet_wide: true}\n    - {name: node, absence: resolve}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  const RulesConfig& rules = config->rules;
  EXPECT_EQ(rules.identity.names,
            (std::vector<std::vector<std::string>>{{"region", "cluster"}, {"cluster"}}));
  EXPECT_EQ(rules.identity.sender, std::vector<std::string>{"team"});
  EXPECT_EQ(rules.identity.replica, std::vector<std::string>{"replica"});
  EXPECT_EQ(rules.settle_ms, 0);
  EXPECT_EQ(rules.catch_up_ms, 2000);
  EXPECT_EQ(rules.tick_ms, 500);
  EXPECT_EQ(rules.late_after_ms, 600'000);
  EXPECT_TRUE(rules.MarksOf("fleet").fleet_wide);
  EXPECT_FALSE(rules.MarksOf("fleet").release_silent);
  EXPECT_TRUE(rules.MarksOf("node").release_silent);
  EXPECT_FALSE(rules.MarksOf("other").fleet_wide);
}

TEST(RulesConfig, MayTellNoClustersApart) {
  EXPECT_TRUE(ParseConfig("identity: {labels: []}")->rules.identity.names.empty());
}

TEST(RulesConfig, IsTheSameWhenPrintedAndReadAgain) {
  const auto config = ParseConfig(
      "global: {evaluation_interval: 15s, external_labels: {a: 'x: \"y\"'}}\n"
      "rule_files: ['a b.yml', 'c#d.yml']\n"
      "identity: {labels: [[a, b]], replica_labels: []}\n"
      "rules: {settle: 1s, groups: [{name: 'my group', fleet_wide: true, absence: resolve}]}\n"
      "alerting: {alert_relabel_configs: [{action: labeldrop, regex: replica}]}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  const auto again = ParseConfig(ToYaml(*config));
  ASSERT_TRUE(again.ok()) << again.status() << "\n" << ToYaml(*config);
  EXPECT_EQ(again->rules, config->rules);
  EXPECT_EQ(again->alerting, config->alerting);
}

TEST(RulesConfig, ShowsNoSecrets) {
  const auto config = ParseConfig(
      "alerting:\n  alertmanagers:\n    - static_configs: [{targets: [am]}]\n"
      "      basic_auth: {username: u, password: hush}\n"
      "    - static_configs: [{targets: [am2]}]\n"
      "      authorization: {credentials: hush}\n");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->alerting.alertmanagers[0].http.password, "hush");
  const std::string yaml = ToYaml(*config);
  EXPECT_EQ(yaml.find("hush"), std::string::npos) << yaml;
  EXPECT_NE(yaml.find("<secret>"), std::string::npos) << yaml;
}

TEST(RulesConfig, SaysInWhichLineWhatIsWrong) {
  const std::pair<std::string, std::string> cases[] = {
      {"global:\n  scrape: 1s\n", "line 2: unknown key scrape in global"},
      {"global: {evaluation_interval: 0}", "line 1: global.evaluation_interval must be at least"},
      {"rule_files: rules.yml", "line 1: rule_files must be a list"},
      {"identity: {labels: [[]]}", "line 1: an entry of identity.labels must be names of labels"},
      {"identity: {sender_labels: [cluster]}", "names the label cluster twice"},
      {"rules:\n  groups:\n    - fleet_wide: true\n", "line 3: an entry of rules.groups needs a"},
      {"rules: {groups: [{name: a}, {name: a}]}", "line 1: rules.groups names a twice"},
      {"rules: {groups: [{name: a, absence: x}]}", "absence must be hold or resolve"},
      {"rules: {groups: [{name: a, fleet_wide: 1}]}", "fleet_wide must be true or false"},
      {"rules: {tick: 1}", "line 1: rules.tick must be a duration"},
      {"\nalerting:\n  alertmanager: []\n", "line 3: alerting: unknown key \"alertmanager\""}};
  for (const auto& [yaml, message] : cases) {
    const auto config = ParseConfig(yaml);
    ASSERT_FALSE(config.ok()) << yaml;
    EXPECT_NE(base::Message(config.status()).find(message), std::string_view::npos)
        << config.status();
  }
}

TEST(RulesConfig, TellsWhichSectionDiffers) {
  const Config before = *ParseConfig("rules: {settle: 1s}");
  const Config after = *ParseConfig("rules: {settle: 2s}\nrule_files: [a.yml]");
  EXPECT_EQ(Differences(before, after), (std::vector<std::string>{"rule_files: says something else",
                                                                  "rules: says something else"}));
}

}  // namespace
}  // namespace tidemark::server
