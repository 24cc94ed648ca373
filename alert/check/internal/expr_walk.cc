#include "alert/check/internal/expr_walk.h"

namespace tidemark::alert {

using query::As;
using query::Expr;
using query::ExprKind;

std::vector<const Expr*> ChildrenOf(const Expr& expr) {
  switch (expr.kind()) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
    case ExprKind::kVectorSelector:
      return {};
    case ExprKind::kMatrixSelector:
      return {As<query::MatrixSelector>(expr).selector.get()};
    case ExprKind::kSubquery:
      return {As<query::Subquery>(expr).expr.get()};
    case ExprKind::kCall: {
      std::vector<const Expr*> args;
      for (const query::ExprPtr& arg : As<query::Call>(expr).args) {
        args.push_back(arg.get());
      }
      return args;
    }
    case ExprKind::kAggregate: {
      const auto& aggregate = As<query::Aggregate>(expr);
      if (aggregate.param == nullptr) {
        return {aggregate.expr.get()};
      }
      return {aggregate.param.get(), aggregate.expr.get()};
    }
    case ExprKind::kBinary:
      return {As<query::Binary>(expr).lhs.get(), As<query::Binary>(expr).rhs.get()};
    case ExprKind::kUnary:
      return {As<query::Unary>(expr).expr.get()};
    case ExprKind::kParen:
      return {As<query::Paren>(expr).expr.get()};
  }
  return {};
}

void ForEachNode(const Expr& expr, absl::FunctionRef<void(const Expr&)> visit) {
  visit(expr);
  for (const Expr* child : ChildrenOf(expr)) {
    ForEachNode(*child, visit);
  }
}

std::string MetricOf(const query::VectorSelector& selector) {
  for (const model::Matcher& matcher : selector.matchers) {
    if (matcher.name() == model::kMetricName && matcher.type() == model::MatchType::kEqual) {
      return matcher.value();
    }
  }
  return "";
}

}  // namespace tidemark::alert
