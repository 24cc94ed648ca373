// What the rule packs make of every scenario of the simulator: the alerts its facts name come, and
// clusters that are well raise none.
#include <filesystem>

#include "alert/rules/rule_file_set.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/scenario_run.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::testing {
namespace {

using fleetsim::Fact;
using fleetsim::Scenario;

constexpr int64_t kHour = 3'600'000;

std::vector<alert::RuleFile> Packs(const std::vector<std::string>& names) {
  std::vector<alert::RuleFile> files;
  for (const std::string& name : names) {
    const auto path = std::filesystem::path(TIDEMARK_RULE_PACKS) / (name + ".rules.yml");
    alert::ParsedRuleFile parsed = alert::ReadRuleFile(path);
    EXPECT_TRUE(parsed.status().ok()) << parsed.status();
    files.push_back(std::move(parsed.file));
  }
  return files;
}

int64_t Ms(std::string_view duration) { return *fleetsim::ParseDurationMs(duration); }

Firings Play(const Scenario& scenario, const std::vector<std::string>& packs) {
  const std::vector<alert::RuleFile> files = Packs(packs);
  // Not every scrape needs its evaluation, and what goes on for a day fewer scrapes.
  const bool is_long = Ms(scenario.duration) > 3 * kHour;
  const ScenarioRunOptions options{.interval_ms = is_long ? 60'000 : 30'000,
                                   .evaluate_every = is_long ? 10 : 4};
  ScenarioRun run(scenario, files, options);
  const absl::Status status = run.Run();
  EXPECT_TRUE(status.ok()) << status;
  return run.firings();
}

std::string TextOf(const Firings& firings) {
  std::string text;
  for (const auto& [alert, times] : firings) {
    for (const FiringTime& time : times) {
      text += fmt::format("{} {} {:.1f}m - {:.1f}m\n", alert.second, alert.first,
                          static_cast<double>(time.begin_ms) / 60'000,
                          static_cast<double>(time.end_ms) / 60'000);
    }
  }
  return text;
}

class ScenarioPacks : public ::testing::TestWithParam<std::string_view> {};

TEST_P(ScenarioPacks, RaiseWhatIsTrueAndNothingOnClustersThatAreWell) {
  const Scenario& scenario = **fleetsim::FindScenario(GetParam());
  const Firings firings = Play(scenario, {"pitr.fleet", "known-issues"});
  RecordProperty("told", TextOf(firings));  // read by `tools/dev bench detection`
  SCOPED_TRACE(TextOf(firings));
  std::set<std::string> concerned;
  for (const Fact& fact : scenario.facts) {
    concerned.insert(ClusterOf(scenario, fact.cluster));
    for (const std::string_view alert : fact.alerts) {
      const auto found = firings.find({std::string(alert), ClusterOf(scenario, fact.cluster)});
      ASSERT_NE(found, firings.end()) << alert << " does not come";
      EXPECT_GE(found->second.front().begin_ms, Ms(fact.at)) << alert << " comes before its reason";
    }
  }
  for (const auto& [alert, times] : firings) {
    EXPECT_TRUE(concerned.contains(alert.second)) << alert.first << " on " << alert.second;
  }
}

std::vector<std::string_view> Names() {
  std::vector<std::string_view> names;
  for (const Scenario& scenario : fleetsim::Scenarios()) {
    names.push_back(scenario.name);
  }
  return names;
}

std::string TestName(const ::testing::TestParamInfo<std::string_view>& info) {
  std::string name(info.param);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioPacks, ::testing::ValuesIn(Names()), TestName);

}  // namespace
}  // namespace tidemark::testing
