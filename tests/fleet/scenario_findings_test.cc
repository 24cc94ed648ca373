// What the diagnosis makes of every scenario of the simulator: the findings its facts name come,
// and nothing is found on clusters that are well.
#include <algorithm>
#include <set>

#include "fleet/task/signal.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fleet/testing/scenario_diagnosis.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::testing {
namespace {

using fleetsim::Fact;
using fleetsim::Scenario;

constexpr int64_t kHour = 3'600'000;
constexpr model::Timestamp kStart = 1'780'000'000'000;

int64_t Ms(std::string_view duration) { return *fleetsim::ParseDurationMs(duration); }

std::string TextOf(const ScenarioDiagnosis::Found& found) {
  std::string text;
  for (const auto& [what, span] : found) {
    text += fmt::format("{} {} {} {:.1f}m - {:.1f}m\n", what.second, what.first,
                        ToString(span.worst), static_cast<double>(span.begin - kStart) / 60'000,
                        static_cast<double>(span.end - kStart) / 60'000);
  }
  return text;
}

ScenarioDiagnosis::Found Play(const Scenario& scenario) {
  const std::vector<std::string_view> signals = fleet::SignalMetrics();
  ScenarioPlayOptions options{.start = kStart};
  // What goes on for a day needs no scrape every half minute.
  options.interval_ms = Ms(scenario.duration) > 3 * kHour ? 60'000 : 30'000;
  options.keep = [signals](std::string_view metric) {
    return std::find(signals.begin(), signals.end(), metric) != signals.end();
  };
  ScenarioDiagnosis diagnosis;
  const absl::Status played = PlayScenario(scenario, options, &diagnosis);
  EXPECT_TRUE(played.ok()) << played;
  return diagnosis.found();
}

class ScenarioFindings : public ::testing::TestWithParam<std::string_view> {};

TEST_P(ScenarioFindings, AreWhatIsTrueAndNoneOfClustersThatAreWell) {
  const Scenario& scenario = **fleetsim::FindScenario(GetParam());
  const auto found = Play(scenario);
  RecordProperty("told", TextOf(found));  // read by `tools/dev bench detection`
  SCOPED_TRACE(TextOf(found));
  std::set<std::string> concerned;
  for (const Fact& fact : scenario.facts) {
    const std::string cluster = ClusterOf(scenario, fact.cluster);
    concerned.insert(cluster);
    for (const std::string_view finding : fact.findings) {
      const auto span = found.find({std::string(finding), cluster});
      ASSERT_NE(span, found.end()) << finding << " is not found on " << cluster;
      EXPECT_GE(span->second.begin - kStart, Ms(fact.at)) << finding << " comes before its reason";
    }
  }
  for (const auto& [what, span] : found) {
    EXPECT_TRUE(concerned.contains(what.second)) << what.first << " on " << what.second;
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

INSTANTIATE_TEST_SUITE_P(All, ScenarioFindings, ::testing::ValuesIn(Names()), TestName);

}  // namespace
}  // namespace tidemark::testing
