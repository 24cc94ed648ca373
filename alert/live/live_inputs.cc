#include "alert/live/live_inputs.h"

#include <algorithm>
#include <set>

namespace tidemark::alert {
namespace {

// The metric that the matchers ask for by name; null if they do not ask for one.
const std::string* MetricOf(const std::vector<model::Matcher>& matchers) {
  for (const model::Matcher& matcher : matchers) {
    if (matcher.name() == model::kMetricName && matcher.type() == model::MatchType::kEqual) {
      return &matcher.value();
    }
  }
  return nullptr;
}

}  // namespace

bool LiveInputs::Test::Passes(model::LabelsView labels) const {
  return std::all_of(matchers.begin(), matchers.end(),
                     [labels](const model::Matcher& matcher) { return matcher.Matches(labels); });
}

LiveInputs::LiveInputs(const std::vector<std::unique_ptr<LiveRule>>& rules,
                       const ClusterIdentity& identity) {
  for (const auto& rule : rules) {
    for (const LiveInput& input : rule->inputs()) {
      Test test{.rank = rule->rank(), .matchers = {}};
      for (const model::Matcher& matcher : input.matchers) {
        if (rule->settings().fleet_wide || !identity.Strips(matcher.name())) {
          test.matchers.push_back(matcher);
        }
      }
      const std::string* const metric = MetricOf(input.matchers);
      (metric == nullptr ? of_any_metric_ : by_metric_[*metric]).push_back(std::move(test));
    }
  }
}

bool LiveInputs::MayRead(model::LabelsView labels) const {
  const auto passes = [labels](const Test& test) { return test.Passes(labels); };
  const auto found = by_metric_.find(labels.metric_name());
  return (found != by_metric_.end() &&
          std::any_of(found->second.begin(), found->second.end(), passes)) ||
         std::any_of(of_any_metric_.begin(), of_any_metric_.end(), passes);
}

std::vector<std::vector<model::Matcher>> LiveInputs::selections() const {
  std::vector<std::vector<model::Matcher>> selections;
  std::set<std::string> seen;
  const auto add = [&](const std::vector<Test>& tests) {
    for (const Test& test : tests) {
      std::string text;
      for (const model::Matcher& matcher : test.matchers) {
        text += matcher.ToString() + ",";
      }
      if (seen.insert(text).second) {
        selections.push_back(test.matchers);
      }
    }
  };
  add(of_any_metric_);
  for (const auto& [metric, tests] : by_metric_) {
    add(tests);
  }
  return selections;
}

std::vector<uint32_t> LiveInputs::RulesFor(std::string_view metric) const {
  std::vector<uint32_t> ranks;
  for (const Test& test : of_any_metric_) {
    ranks.push_back(test.rank);
  }
  if (const auto found = by_metric_.find(metric); found != by_metric_.end()) {
    for (const Test& test : found->second) {
      ranks.push_back(test.rank);
    }
  }
  std::sort(ranks.begin(), ranks.end());
  ranks.erase(std::unique(ranks.begin(), ranks.end()), ranks.end());
  return ranks;
}

}  // namespace tidemark::alert
