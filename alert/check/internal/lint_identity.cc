#include <algorithm>

#include "alert/check/internal/expr_walk.h"
#include "alert/check/internal/lint_passes.h"
#include "alert/check/internal/matching.h"
#include "alert/check/internal/vector_shape.h"
#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tidemark::alert {
namespace {

using query::As;
using query::Expr;
using query::ExprKind;

using Names = std::vector<std::string>;

// The identity labels that are in `before`, not in `after`, and not tied to one value.
Names Lost(const Names& identity, const VectorShape& before, const LabelFamily& after) {
  Names lost;
  std::copy_if(identity.begin(), identity.end(), std::back_inserter(lost),
               [&](const std::string& label) {
                 return before.labels.Contains(label) && !before.pinned.Contains(label) &&
                        !after.Contains(label);
               });
  return lost;
}

std::string ClauseOf(const query::Aggregate& aggregate) {
  const std::string_view op = query::OperatorText(aggregate.op);
  if (aggregate.grouping.empty() && !aggregate.without) {
    return fmt::format("{}()", op);
  }
  return fmt::format("{} {} ({})", op, aggregate.without ? "without" : "by",
                     fmt::join(aggregate.grouping, ", "));
}

// The same clause is told once.
void Add(Finding finding, std::vector<Finding>* findings) {
  const bool known = std::any_of(findings->begin(), findings->end(),
                                 [&](const Finding& other) { return other.text == finding.text; });
  if (!known) {
    findings->push_back(std::move(finding));
  }
}

void LintAggregate(const query::Aggregate& aggregate, const LintOptions& options,
                   std::vector<Finding>* findings) {
  const Names lost = Lost(options.identity, ShapeOf(*aggregate.expr), GroupedLabels(aggregate));
  if (!lost.empty()) {
    Add({Severity::kWarning, "identity-lost",
         fmt::format("{} loses {}: over more than one cluster it mixes their series",
                     ClauseOf(aggregate), fmt::join(lost, ", ")),
         aggregate.position},
        findings);
  }
}

void LintJoin(const query::Binary& binary, const LintOptions& options,
              std::vector<Finding>* findings) {
  const VectorShape lhs = ShapeOf(*binary.lhs);
  const VectorShape rhs = ShapeOf(*binary.rhs);
  Names lost = Lost(options.identity, lhs, ComparedLabels(binary.matching));
  std::erase_if(lost, [&](const std::string& label) {
    return !rhs.labels.Contains(label) || rhs.pinned.Contains(label);
  });
  if (!lost.empty()) {
    Add({Severity::kWarning, "join-mixes-clusters",
         fmt::format("`{}` does not compare {}: series of one cluster meet those of another",
                     query::OperatorText(binary.op), fmt::join(lost, ", ")),
         binary.position},
        findings);
  }
}

}  // namespace

void LintIdentity(const Expr& expr, const LintOptions& options, std::vector<Finding>* findings) {
  ForEachNode(expr, [&](const Expr& node) {
    if (node.kind() == ExprKind::kAggregate) {
      LintAggregate(As<query::Aggregate>(node), options, findings);
    } else if (node.kind() == ExprKind::kBinary && As<query::Binary>(node).between_vectors()) {
      LintJoin(As<query::Binary>(node), options, findings);
    }
  });
}

}  // namespace tidemark::alert
