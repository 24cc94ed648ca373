#include "query/cache/step_locality.h"

#include <algorithm>

namespace tidemark::query {
namespace {

class Reach {
 public:
  Reach(int64_t lookback_ms, int64_t subquery_step_ms)
      : lookback_ms_(lookback_ms), subquery_step_ms_(subquery_step_ms) {}

  std::optional<int64_t> Of(const Expr& expr) const {
    switch (expr.kind()) {
      case ExprKind::kNumberLiteral:
      case ExprKind::kStringLiteral:
        return 0;
      case ExprKind::kVectorSelector:
        return Shifted(As<VectorSelector>(expr), lookback_ms_);
      case ExprKind::kMatrixSelector:
        return OfMatrix(As<MatrixSelector>(expr));
      case ExprKind::kSubquery:
        return OfSubquery(As<Subquery>(expr));
      case ExprKind::kCall:
        return OfCall(As<Call>(expr));
      case ExprKind::kAggregate: {
        const auto& aggregate = As<Aggregate>(expr);
        return Farther(Of(*aggregate.expr), aggregate.param == nullptr ? 0 : Of(*aggregate.param));
      }
      case ExprKind::kBinary:
        return Farther(Of(*As<Binary>(expr).lhs), Of(*As<Binary>(expr).rhs));
      case ExprKind::kUnary:
        return Of(*As<Unary>(expr).expr);
      case ExprKind::kParen:
        return Of(*As<Paren>(expr).expr);
    }
    return std::nullopt;
  }

 private:
  static std::optional<int64_t> Farther(std::optional<int64_t> a, std::optional<int64_t> b) {
    return a && b ? std::optional(std::max(*a, *b)) : std::nullopt;
  }

  static bool LooksBack(const TimeShift& shift) {
    return shift.at == TimeShift::At::kNone && shift.offset.constant() && shift.offset.ms >= 0;
  }

  static std::optional<int64_t> Shifted(const VectorSelector& selector, int64_t reach_ms) {
    if (!LooksBack(selector.shift) || selector.anchored || selector.smoothed) {
      return std::nullopt;
    }
    return selector.shift.offset.ms + reach_ms;
  }

  static std::optional<int64_t> OfMatrix(const MatrixSelector& matrix) {
    return matrix.range.constant() ? Shifted(*matrix.selector, matrix.range.ms) : std::nullopt;
  }

  std::optional<int64_t> OfSubquery(const Subquery& subquery) const {
    const bool fixed = LooksBack(subquery.shift) && subquery.range.constant() &&
                       (!subquery.step || subquery.step->constant());
    const std::optional<int64_t> inner = Of(*subquery.expr);
    if (!fixed || !inner) {
      return std::nullopt;
    }
    const int64_t step_ms = subquery.step ? subquery.step->ms : subquery_step_ms_;
    return *inner + subquery.shift.offset.ms + subquery.range.ms + step_ms;
  }

  std::optional<int64_t> OfCall(const Call& call) const {
    switch (call.id()) {
      case FunctionId::kInfo:
      case FunctionId::kStart:
      case FunctionId::kEnd:
      case FunctionId::kRange:
        return std::nullopt;
      default:
        break;
    }
    std::optional<int64_t> reach = 0;
    for (const ExprPtr& arg : call.args) {
      reach = Farther(reach, Of(*arg));
    }
    return reach;
  }

  const int64_t lookback_ms_;
  const int64_t subquery_step_ms_;
};

}  // namespace

std::optional<int64_t> ReachOfSteps(const Expr& expr, int64_t lookback_ms,
                                    int64_t subquery_step_ms) {
  return Reach(lookback_ms, subquery_step_ms).Of(expr);
}

}  // namespace tidemark::query
