// The passes of Lint(). Each adds what it finds.
#pragma once

#include <vector>

#include "alert/check/linter.h"

namespace tidemark::alert {

// identity-lost, join-mixes-clusters: a result that does not say which cluster it is about.
void LintIdentity(const query::Expr& expr, const LintOptions& options,
                  std::vector<Finding>* findings);

// join-never-matches, join-labels-differ.
void LintJoins(const query::Expr& expr, std::vector<Finding>* findings);

// matcher-never-matches, unknown-metric.
void LintMatchers(const query::Expr& expr, std::vector<Finding>* findings);

// for-longer-than-range, first-event-missed.
void LintEvents(const Rule& rule, const query::Expr& expr, std::vector<Finding>* findings);

}  // namespace tidemark::alert
