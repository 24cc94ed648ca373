#include "alert/check/rule_check.h"

#include <algorithm>
#include <set>
#include <string_view>

#include "alert/check/partition.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/duration.h"
#include "query/parser/printer.h"

namespace tidemark::alert {
namespace {

std::string SelectorText(const query::VectorSelector& selector) {
  std::string matchers;
  for (const model::Matcher& matcher : selector.matchers) {
    const bool is_name = matcher.name() == model::kMetricName && !selector.name.empty();
    if (!is_name) {
      matchers += fmt::format("{}{}", matchers.empty() ? "" : ", ", matcher.ToString());
    }
  }
  return matchers.empty() ? selector.name : fmt::format("{}{{{}}}", selector.name, matchers);
}

std::vector<CheckedInput> InputsOf(const TimeDependence& time) {
  std::vector<CheckedInput> inputs;
  for (const RuleInput& input : time.inputs) {
    CheckedInput checked{.selector = SelectorText(*input.selector),
                         .function = input.function,
                         .window_ms = input.window_ms,
                         .offset_ms = input.offset_ms,
                         .fixed = input.fixed};
    if (std::find(inputs.begin(), inputs.end(), checked) == inputs.end()) {
      inputs.push_back(std::move(checked));
    }
  }
  return inputs;
}

bool Any(const TimeDependence& time, bool (*test)(const RuleInput&)) {
  return std::any_of(time.inputs.begin(), time.inputs.end(), test);
}

std::vector<std::string> DeadlinesOf(const TimeDependence& time, const Rule& rule) {
  std::vector<std::string> deadlines;
  for (const Crossing& crossing : time.crossings) {
    deadlines.push_back(fmt::format("{} is reached", query::ToString(*crossing.comparison)));
  }
  if (Any(time, [](const RuleInput& input) { return input.range_ms == 0 && !input.fixed; })) {
    deadlines.emplace_back("look-back ends");
  }
  if (Any(time, [](const RuleInput& input) { return input.range_ms > 0 && !input.fixed; })) {
    deadlines.emplace_back("a sample leaves its range");
  }
  if (Any(time, [](const RuleInput& input) { return input.offset_ms > 0 && !input.fixed; })) {
    deadlines.emplace_back("a sample reaches its offset");
  }
  if (time.subquery) {
    deadlines.emplace_back("a subquery's next step");
  }
  if (time.calendar) {
    deadlines.emplace_back("the next minute");
  }
  if (rule.for_ms > 0) {
    deadlines.emplace_back("`for` ends");
  }
  if (rule.keep_firing_for_ms > 0) {
    deadlines.emplace_back("`keep_firing_for` ends");
  }
  return deadlines;
}

// How many selections of series there are, however often each is read.
size_t CountSelections(const std::vector<CheckedInput>& inputs) {
  std::set<std::string_view> selectors;
  for (const CheckedInput& input : inputs) {
    selectors.insert(input.selector);
  }
  return selectors.size();
}

}  // namespace

bool FileCheck::failed() const {
  return !errors.empty() || std::any_of(rules.begin(), rules.end(), [](const RuleCheck& rule) {
    return std::any_of(rule.findings.begin(), rule.findings.end(),
                       [](const Finding& finding) { return finding.severity == Severity::kError; });
  });
}

absl::StatusOr<RuleCheck> CheckRule(const RuleGroup& group, const Rule& rule,
                                    const CheckOptions& options) {
  ASSIGN_OR_RETURN(const query::ExprPtr expr, query::ParseExpr(rule.expr, options.parser));
  RETURN_IF_ERROR(query::ResolveDurations({}, expr.get()));
  const TimeDependence time = TimeDependenceOf(*expr, options.lookback_ms);
  RuleCheck check;
  check.group = group.name;
  check.name = rule.name;
  check.kind = rule.kind;
  check.position = rule.position;
  check.partition = PartitionOf(*expr);
  check.inputs = InputsOf(time);
  check.on_arrival = Any(time, [](const RuleInput& input) { return input.on_arrival(); });
  check.deadlines = DeadlinesOf(time, rule);
  check.ticks = time.tick_reasons;
  for (const std::string& reason : time.gap_reasons) {
    check.ticks.push_back(reason + ", while samples are missing");
  }
  check.worst_delay_ms =
      WorstDelayMs(check.partition, !check.ticks.empty(), CountSelections(check.inputs),
                   options.tick_ms, options.settle_ms);
  check.for_ms = rule.for_ms;
  check.findings = Lint(rule, *expr, options.lint);
  return check;
}

}  // namespace tidemark::alert
