// Rules that wait for an event: `increase(errors[5m]) > 0`. What they compare with is carried down
// to the function of the range.
#include <optional>

#include "alert/check/internal/expr_walk.h"
#include "alert/check/internal/lint_passes.h"
#include "alert/check/metric_catalog.h"
#include "fmt/format.h"
#include "query/parser/duration.h"

namespace tidemark::alert {
namespace {

using query::As;
using query::BinaryOp;
using query::Expr;
using query::ExprKind;
using query::FunctionId;

// What a value is compared with: it has to be above `threshold`.
using Above = std::optional<double>;

class EventPass {
 public:
  EventPass(const Rule& rule, const Expr& whole, std::vector<Finding>* findings)
      : rule_(rule), whole_(whole), findings_(findings) {}

  void Visit(const Expr& expr, Above above) {
    switch (expr.kind()) {
      case ExprKind::kBinary:
        return VisitBinary(As<query::Binary>(expr), above);
      case ExprKind::kCall:
        VisitCall(As<query::Call>(expr), above);
        return VisitChildren(expr, std::nullopt);
      case ExprKind::kAggregate:
      case ExprKind::kParen:
        return VisitChildren(expr, above);
      default:
        return VisitChildren(expr, std::nullopt);
    }
  }

 private:
  void VisitChildren(const Expr& expr, Above above) {
    for (const Expr* child : ChildrenOf(expr)) {
      Visit(*child, above);
    }
  }

  void VisitBinary(const query::Binary& binary, Above above);
  void VisitCall(const query::Call& call, Above above);
  void LintBirth(const query::Call& call, const query::MatrixSelector& range);
  void LintFor(const query::Call& call, const query::MatrixSelector& range);
  bool SeesBirthOf(const std::string& metric) const;

  const Rule& rule_;
  const Expr& whole_;
  std::vector<Finding>* const findings_;
};

std::optional<double> NumberOf(const Expr& expr) {
  const Expr& bare = query::StripParens(expr);
  return bare.kind() == ExprKind::kNumberLiteral ? Above(As<query::NumberLiteral>(bare).value)
                                                 : std::nullopt;
}

bool IsAbove(BinaryOp op) { return op == BinaryOp::kGreater || op == BinaryOp::kGreaterOrEqual; }
bool IsBelow(BinaryOp op) { return op == BinaryOp::kLess || op == BinaryOp::kLessOrEqual; }

void EventPass::VisitBinary(const query::Binary& binary, Above above) {
  if (binary.op == BinaryOp::kUnless) {
    return Visit(*binary.lhs, above);  // an event behind `unless` holds the alert back
  }
  if (query::IsSetOperator(binary.op)) {
    return VisitChildren(binary, above);
  }
  Above left;
  Above right;
  if (IsAbove(binary.op)) {
    left = NumberOf(*binary.rhs);
  } else if (IsBelow(binary.op)) {
    right = NumberOf(*binary.lhs);
  }
  Visit(*binary.lhs, left);
  Visit(*binary.rhs, right);
}

// Functions whose value is about what happened inside their range.
bool TellsOfEvents(FunctionId id) {
  switch (id) {
    case FunctionId::kIncrease:
    case FunctionId::kRate:
    case FunctionId::kIrate:
    case FunctionId::kDelta:
    case FunctionId::kIdelta:
    case FunctionId::kChanges:
    case FunctionId::kResets:
      return true;
    default:
      return false;
  }
}

void EventPass::VisitCall(const query::Call& call, Above above) {
  if (!above.has_value() || !TellsOfEvents(call.id()) ||
      call.args[0]->kind() != ExprKind::kMatrixSelector) {
    return;
  }
  const auto& range = As<query::MatrixSelector>(*call.args[0]);
  LintFor(call, range);
  if (*above < 1) {
    LintBirth(call, range);
  }
}

void EventPass::LintFor(const query::Call& call, const query::MatrixSelector& range) {
  if (rule_.kind == RuleKind::kAlert && rule_.for_ms > range.range.ms) {
    findings_->push_back(
        {Severity::kWarning, "for-longer-than-range",
         fmt::format("`for` of {} is longer than the range of {}(…[{}]): what happens once is "
                     "over before the alert fires",
                     query::FormatDuration(rule_.for_ms), call.function->name,
                     query::FormatDuration(range.range.ms)),
         call.position});
  }
}

void EventPass::LintBirth(const query::Call& call, const query::MatrixSelector& range) {
  const std::string name = MetricOf(*range.selector);
  const KnownMetric* metric = FindMetric(name);
  if (metric == nullptr || !metric->born_at_one || SeesBirthOf(name)) {
    return;
  }
  findings_->push_back(
      {Severity::kWarning, "first-event-missed",
       fmt::format("{0} is born at 1 with its first event, which {1}() does not see; "
                   "add `or ({0} > 0 unless {0} offset {2})`",
                   name, call.function->name, query::FormatDuration(range.range.ms)),
       call.position});
}

bool HasSelector(const Expr& expr, const std::string& metric, bool with_offset) {
  bool found = false;
  ForEachNode(expr, [&](const Expr& node) {
    if (node.kind() == ExprKind::kVectorSelector) {
      const auto& selector = As<query::VectorSelector>(node);
      found =
          found || (MetricOf(selector) == metric && (selector.shift.offset.ms > 0) == with_offset);
    }
  });
  return found;
}

// Whether the rule also asks for `metric unless metric offset …`.
bool EventPass::SeesBirthOf(const std::string& metric) const {
  bool found = false;
  ForEachNode(whole_, [&](const Expr& node) {
    if (node.kind() == ExprKind::kBinary && As<query::Binary>(node).op == BinaryOp::kUnless) {
      const auto& unless = As<query::Binary>(node);
      found = found ||
              (HasSelector(*unless.lhs, metric, false) && HasSelector(*unless.rhs, metric, true));
    }
  });
  return found;
}

}  // namespace

void LintEvents(const Rule& rule, const Expr& expr, std::vector<Finding>* findings) {
  EventPass(rule, expr, findings).Visit(expr, std::nullopt);
}

}  // namespace tidemark::alert
