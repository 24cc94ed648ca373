#include "alert/check/linter.h"

#include <algorithm>

#include "alert/check/internal/lint_passes.h"

namespace tidemark::alert {

std::string_view ToString(Severity severity) {
  return severity == Severity::kError ? "error" : "warning";
}

std::vector<Finding> Lint(const Rule& rule, const query::Expr& expr, const LintOptions& options) {
  std::vector<Finding> findings;
  LintIdentity(expr, options, &findings);
  LintJoins(expr, &findings);
  LintMatchers(expr, &findings);
  LintEvents(rule, expr, &findings);
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    return a.position.begin < b.position.begin;
  });
  return findings;
}

}  // namespace tidemark::alert
