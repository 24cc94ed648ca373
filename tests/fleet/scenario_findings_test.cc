// What the diagnosis makes of every scenario of the simulator: the findings its facts name come,
// and nothing is found on clusters that are well.
#include <algorithm>
#include <map>
#include <set>

#include "base/string_map.h"
#include "fleet/fleet.h"
#include "fleet/task/signal.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/scenario_player.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::testing {
namespace {

using fleetsim::Fact;
using fleetsim::Scenario;

constexpr int64_t kHour = 3'600'000;

// Name of a finding and of its cluster.
using Found = std::pair<std::string, std::string>;

// Follows a fleet as the server does, and keeps when each finding was first and last there, in
// milliseconds since the start.
class Diagnosis final : public ScenarioAudience {
 public:
  struct Span {
    int64_t begin_ms;
    int64_t end_ms;
    fleet::Severity worst;
  };

  explicit Diagnosis(model::Timestamp start) : start_(start) {}

  absl::Status Take(const std::string& body) override {
    return VisitSamples(body, [this](const model::Labels& labels, model::Sample sample) {
      const auto& input = InputOf(labels);
      if (input.has_value()) {
        fleet_.Apply(*input, sample, now_);
      }
      return absl::OkStatus();
    });
  }
  absl::Status TimeIs(model::Timestamp now) override {
    now_ = now;
    return absl::OkStatus();
  }
  absl::Status RoundIsOver(int64_t) override {
    fleet_.Evaluate(now_);
    for (const auto& cluster : fleet_.snapshot()->clusters) {
      for (const fleet::Finding& finding : cluster->findings) {
        Note(cluster->identity.name, finding);
      }
    }
    return absl::OkStatus();
  }

  const std::map<Found, Span>& found() const { return found_; }

 private:
  const std::optional<fleet::Fleet::Input>& InputOf(const model::Labels& labels) {
    if (generation_ != fleet_.generation()) {
      inputs_.clear();
      generation_ = fleet_.generation();
    }
    auto known = inputs_.find(labels.bytes());
    if (known == inputs_.end()) {
      known = inputs_.emplace(labels.bytes(), fleet_.Attach(labels)).first;
    }
    return known->second;
  }

  void Note(const std::string& cluster, const fleet::Finding& finding) {
    const int64_t t = now_ - start_;
    const std::string name(fleet::InfoOf(finding.kind).name);
    Span& span = found_.try_emplace({name, cluster}, Span{t, t, finding.severity}).first->second;
    span.end_ms = t;
    span.worst = std::max(span.worst, finding.severity);
  }

  const model::Timestamp start_;
  model::Timestamp now_ = 0;
  fleet::Fleet fleet_{{}};
  uint64_t generation_ = 0;                                     // of the inputs
  base::StringMap<std::optional<fleet::Fleet::Input>> inputs_;  // by the bytes of the labels
  std::map<Found, Span> found_;
};

int64_t Ms(std::string_view duration) { return *fleetsim::ParseDurationMs(duration); }

std::string TextOf(const std::map<Found, Diagnosis::Span>& found) {
  std::string text;
  for (const auto& [what, span] : found) {
    text += fmt::format("{} {} {} {:.1f}m - {:.1f}m\n", what.second, what.first,
                        ToString(span.worst), static_cast<double>(span.begin_ms) / 60'000,
                        static_cast<double>(span.end_ms) / 60'000);
  }
  return text;
}

std::map<Found, Diagnosis::Span> Play(const Scenario& scenario) {
  const std::vector<std::string_view> signals = fleet::SignalMetrics();
  ScenarioPlayOptions options;
  // What goes on for a day needs no scrape every half minute.
  options.interval_ms = Ms(scenario.duration) > 3 * kHour ? 60'000 : 30'000;
  options.keep = [signals](std::string_view metric) {
    return std::find(signals.begin(), signals.end(), metric) != signals.end();
  };
  Diagnosis diagnosis(options.start);
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
      EXPECT_GE(span->second.begin_ms, Ms(fact.at)) << finding << " comes before its reason";
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
