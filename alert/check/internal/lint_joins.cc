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
using query::Binary;
using query::Expr;
using query::ExprKind;

std::string Names(const std::set<Component>& components) {
  std::string text;
  for (const Component component : components) {
    text += fmt::format("{}{}", text.empty() ? "" : " and ", ToString(component));
  }
  return text;
}

bool Disjoint(const std::set<Component>& a, const std::set<Component>& b) {
  return !a.empty() && !b.empty() && std::none_of(a.begin(), a.end(), [&](Component component) {
    return b.contains(component);
  });
}

bool Keeps(const VectorShape& shape, const std::string& label) {
  return shape.labels.Contains(label) && !shape.rewritten.contains(label);
}

// The target label on which series of different components would have to agree; empty if none.
std::string ImpossibleLabel(const Binary& binary, const VectorShape& lhs, const VectorShape& rhs) {
  if (!lhs.components || !rhs.components || !Disjoint(*lhs.components, *rhs.components)) {
    return "";
  }
  const LabelFamily compared = ComparedLabels(binary.matching);
  for (const std::string_view name : kTargetLabels) {
    const std::string label(name);
    if (compared.Contains(label) && Keeps(lhs, label) && Keeps(rhs, label)) {
      return label;
    }
  }
  return "";
}

std::set<std::string> OnlyIn(const LabelFamily& a, const LabelFamily& b) {
  std::set<std::string> only;
  std::ranges::set_difference(a.names(), b.names(), std::inserter(only, only.end()));
  return only;
}

std::string EffectOf(const Binary& binary) {
  return binary.op == query::BinaryOp::kUnless ? "so it takes nothing away"
                                               : "so the result is always empty";
}

void LintJoin(const Binary& binary, std::vector<Finding>* findings) {
  const VectorShape lhs = ShapeOf(*binary.lhs);
  const VectorShape rhs = ShapeOf(*binary.rhs);
  if (const std::string label = ImpossibleLabel(binary, lhs, rhs); !label.empty()) {
    findings->push_back(
        {Severity::kError, "join-never-matches",
         fmt::format("`{}` can never match: series are joined by {}, the left ones come from {}, "
                     "the right ones from {}, and no {} is both; {}",
                     query::OperatorText(binary.op), label, Names(*lhs.components),
                     Names(*rhs.components), label, EffectOf(binary)),
         binary.position});
    return;
  }
  const LabelFamily left = lhs.labels.Intersect(ComparedLabels(binary.matching));
  const LabelFamily right = rhs.labels.Intersect(ComparedLabels(binary.matching));
  if (left.complement() || right.complement() || left == right) {
    return;
  }
  const std::set<std::string> only_left = OnlyIn(left, right);
  const bool is_left = !only_left.empty();
  findings->push_back(
      {Severity::kWarning, "join-labels-differ",
       fmt::format("`{}` compares {}, which only its {} side has: series that have it never match",
                   query::OperatorText(binary.op),
                   fmt::join(is_left ? only_left : OnlyIn(right, left), ", "),
                   is_left ? "left" : "right"),
       binary.position});
}

}  // namespace

void LintJoins(const Expr& expr, std::vector<Finding>* findings) {
  ForEachNode(expr, [&](const Expr& node) {
    if (node.kind() != ExprKind::kBinary) {
      return;
    }
    const auto& binary = As<Binary>(node);
    if (binary.between_vectors() && binary.op != query::BinaryOp::kOr) {
      LintJoin(binary, findings);
    }
  });
}

}  // namespace tidemark::alert
