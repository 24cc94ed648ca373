#include <algorithm>
#include <set>

#include "alert/check/internal/expr_walk.h"
#include "alert/check/internal/lint_passes.h"
#include "alert/check/metric_catalog.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tidemark::alert {
namespace {

using model::Matcher;
using model::MatchType;
using query::VectorSelector;

constexpr std::string_view kCheck = "matcher-never-matches";

void Add(Severity severity, std::string_view check, std::string text,
         const VectorSelector& selector, std::vector<Finding>* findings) {
  findings->push_back({severity, std::string(check), std::move(text), selector.position});
}

// "apply_.*" behind an `=`: no label has such a value.
bool LooksLikePattern(const std::string& value) {
  return value.find(".*") != std::string::npos || value.find(".+") != std::string::npos;
}

void LintPattern(const VectorSelector& selector, const Matcher& matcher,
                 std::vector<Finding>* findings) {
  if (matcher.type() == MatchType::kEqual && LooksLikePattern(matcher.value())) {
    Add(Severity::kError, kCheck,
        fmt::format("{} can never match: = compares literally; {}=~\"{}\" would match the pattern",
                    matcher.ToString(), matcher.name(), matcher.value()),
        selector, findings);
  }
}

bool Allows(std::string_view value, const std::vector<const Matcher*>& matchers) {
  return std::all_of(matchers.begin(), matchers.end(),
                     [&](const Matcher* matcher) { return matcher->Matches(value); });
}

// The values a label can have at most when some matcher names them all.
const std::vector<std::string>* Candidates(const std::vector<const Matcher*>& matchers) {
  for (const Matcher* matcher : matchers) {
    if (!matcher->negative() && matcher->literals().has_value()) {
      return &*matcher->literals();
    }
  }
  return nullptr;
}

std::string TextOf(const std::vector<const Matcher*>& matchers) {
  std::vector<std::string> texts;
  for (const Matcher* matcher : matchers) {
    texts.push_back(matcher->ToString());
  }
  return fmt::format("{}", fmt::join(texts, ", "));
}

void LintContradiction(const VectorSelector& selector, const std::vector<const Matcher*>& matchers,
                       std::vector<Finding>* findings) {
  const std::vector<std::string>* candidates = Candidates(matchers);
  if (matchers.size() < 2 || candidates == nullptr ||
      std::any_of(candidates->begin(), candidates->end(),
                  [&](const std::string& value) { return Allows(value, matchers); })) {
    return;
  }
  Add(Severity::kError, kCheck,
      fmt::format("{} can never match: the tests exclude each other", TextOf(matchers)), selector,
      findings);
}

void LintKnownValues(const VectorSelector& selector, const std::vector<const Matcher*>& matchers,
                     const KnownLabel& label, std::vector<Finding>* findings) {
  const bool possible =
      label.values.empty() || std::any_of(label.values.begin(), label.values.end(),
                                          [&](std::string_view v) { return Allows(v, matchers); });
  if (!possible) {
    Add(Severity::kError, kCheck,
        fmt::format("{} can never match: {} has one of {}", TextOf(matchers), label.name,
                    fmt::join(label.values, ", ")),
        selector, findings);
  }
}

void LintLabel(const VectorSelector& selector, const KnownMetric* metric, const std::string& name,
               std::vector<Finding>* findings) {
  std::vector<const Matcher*> matchers;
  for (const Matcher& matcher : selector.matchers) {
    if (matcher.name() == name) {
      matchers.push_back(&matcher);
      LintPattern(selector, matcher, findings);
    }
  }
  LintContradiction(selector, matchers, findings);
  if (metric == nullptr) {
    return;
  }
  for (const KnownLabel& label : metric->labels) {
    if (label.name == name) {
      LintKnownValues(selector, matchers, label, findings);
    }
  }
}

void LintSelector(const VectorSelector& selector, std::vector<Finding>* findings) {
  const std::string name = MetricOf(selector);
  const KnownMetric* metric = FindMetric(name);
  if (metric == nullptr && InKnownFamily(name)) {
    Add(Severity::kWarning, "unknown-metric",
        fmt::format("no known version of {} exports {}", ToString(*ComponentOf(name)), name),
        selector, findings);
  }
  std::set<std::string> labels;
  for (const Matcher& matcher : selector.matchers) {
    labels.insert(matcher.name());
  }
  for (const std::string& label : labels) {
    LintLabel(selector, metric, label, findings);
  }
}

}  // namespace

void LintMatchers(const query::Expr& expr, std::vector<Finding>* findings) {
  ForEachNode(expr, [&](const query::Expr& node) {
    if (node.kind() == query::ExprKind::kVectorSelector) {
      LintSelector(query::As<VectorSelector>(node), findings);
    }
  });
}

}  // namespace tidemark::alert
