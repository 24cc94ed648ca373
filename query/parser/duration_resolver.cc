// Durations that are expressions, given their values before a query runs.

#include <algorithm>
#include <cmath>

#include "base/status_macros.h"
#include "query/parser/ast.h"

namespace tidemark::query {
namespace {

// Some 292 years, as far as 64 bits of nanoseconds reach.
constexpr double kMaxSeconds = 9'223'372'036.0;

enum class Sign { kPositive, kAny };

class DurationResolver {
 public:
  explicit DurationResolver(const QueryTimes& times) : times_(times) {}

  absl::Status Visit(Expr* expr) {
    switch (expr->kind()) {
      case ExprKind::kNumberLiteral:
      case ExprKind::kStringLiteral:
        return absl::OkStatus();
      case ExprKind::kVectorSelector:
        return Resolve(Sign::kAny, &As<VectorSelector>(*expr).shift.offset);
      case ExprKind::kMatrixSelector:
        return VisitMatrix(&As<MatrixSelector>(*expr));
      case ExprKind::kSubquery:
        return VisitSubquery(&As<Subquery>(*expr));
      case ExprKind::kCall:
        for (const ExprPtr& arg : As<Call>(*expr).args) {
          RETURN_IF_ERROR(Visit(arg.get()));
        }
        return absl::OkStatus();
      case ExprKind::kAggregate:
        if (const ExprPtr& param = As<Aggregate>(*expr).param; param != nullptr) {
          RETURN_IF_ERROR(Visit(param.get()));
        }
        return Visit(As<Aggregate>(*expr).expr.get());
      case ExprKind::kBinary:
        RETURN_IF_ERROR(Visit(As<Binary>(*expr).lhs.get()));
        return Visit(As<Binary>(*expr).rhs.get());
      case ExprKind::kUnary:
        return Visit(As<Unary>(*expr).expr.get());
      case ExprKind::kParen:
        return Visit(As<Paren>(*expr).expr.get());
    }
    return absl::OkStatus();
  }

 private:
  absl::Status VisitMatrix(MatrixSelector* matrix) {
    RETURN_IF_ERROR(Resolve(Sign::kPositive, &matrix->range));
    return Resolve(Sign::kAny, &matrix->selector->shift.offset);
  }

  absl::Status VisitSubquery(Subquery* subquery) {
    RETURN_IF_ERROR(Resolve(Sign::kAny, &subquery->shift.offset));
    if (subquery->step) {
      RETURN_IF_ERROR(Resolve(Sign::kPositive, &*subquery->step));
    }
    RETURN_IF_ERROR(Resolve(Sign::kPositive, &subquery->range));
    return Visit(subquery->expr.get());
  }

  absl::Status Resolve(Sign sign, Duration* duration) const {
    if (duration->constant()) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const double seconds, Evaluate(*duration->expr));
    if (!std::isfinite(seconds)) {
      return absl::InvalidArgumentError("duration is NaN or infinite");
    }
    if (std::abs(seconds) > kMaxSeconds) {
      return absl::InvalidArgumentError("duration is out of range");
    }
    duration->ms = static_cast<int64_t>(seconds * 1000);
    if (sign == Sign::kPositive && duration->ms <= 0) {
      return absl::InvalidArgumentError("duration must be greater than 0");
    }
    return absl::OkStatus();
  }

  absl::StatusOr<double> Evaluate(const DurationExpr& expr) const {
    using Op = DurationExpr::Op;
    switch (expr.op) {
      case Op::kNumber:
      case Op::kDuration:
        return expr.seconds;
      case Op::kStep:
        return static_cast<double>(times_.step_ms) / 1000;
      case Op::kRange:
        return static_cast<double>(times_.range_ms) / 1000;
      case Op::kParen:
        return Evaluate(*expr.lhs);
      case Op::kMinus: {
        ASSIGN_OR_RETURN(const double operand, Evaluate(*expr.lhs));
        return -operand;
      }
      default:
        break;
    }
    ASSIGN_OR_RETURN(const double lhs, Evaluate(*expr.lhs));
    ASSIGN_OR_RETURN(const double rhs, Evaluate(*expr.rhs));
    return Combine(expr.op, lhs, rhs);
  }

  static absl::StatusOr<double> Combine(DurationExpr::Op op, double lhs, double rhs) {
    using Op = DurationExpr::Op;
    switch (op) {
      case Op::kMinOf:
        return std::min(lhs, rhs);
      case Op::kMaxOf:
        return std::max(lhs, rhs);
      case Op::kAdd:
        return lhs + rhs;
      case Op::kSubtract:
        return lhs - rhs;
      case Op::kMultiply:
        return lhs * rhs;
      case Op::kDivide:
        return rhs == 0 ? absl::InvalidArgumentError("division by zero")
                        : absl::StatusOr<double>(lhs / rhs);
      case Op::kModulo:
        return rhs == 0 ? absl::InvalidArgumentError("modulo by zero")
                        : absl::StatusOr<double>(std::fmod(lhs, rhs));
      default:
        return std::pow(lhs, rhs);
    }
  }

  const QueryTimes times_;
};

}  // namespace

absl::Status ResolveDurations(const QueryTimes& times, Expr* expr) {
  return DurationResolver(times).Visit(expr);
}

}  // namespace tidemark::query
