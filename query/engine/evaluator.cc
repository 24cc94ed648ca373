#include "query/engine/evaluator.h"

#include <tuple>
#include <utility>

#include "base/status_macros.h"
#include "query/engine/aggregation.h"
#include "query/engine/binary.h"
#include "query/engine/functions.h"
#include "query/engine/selector.h"

namespace tidemark::query {
namespace {

std::optional<model::Timestamp> PinnedTime(const TimeShift& shift, const EvalContext& context) {
  switch (shift.at) {
    case TimeShift::At::kNone:
      return std::nullopt;
    case TimeShift::At::kTime:
      return shift.at_ms;
    case TimeShift::At::kStart:
      return context.times().start;
    case TimeShift::At::kEnd:
      return context.query_end();
  }
  return std::nullopt;
}

}  // namespace

WindowGrid Evaluator::Windows(const TimeShift& shift, int64_t range_ms) const {
  WindowGrid windows;
  windows.steps = steps_;
  windows.range_ms = range_ms;
  windows.offset_ms = shift.offset.ms;
  windows.pinned = PinnedTime(shift, context_);
  windows.closed = context_.options().as_prometheus_2;
  return windows;
}

absl::StatusOr<StepVector> Evaluator::Vector(const Expr& expr) {
  ASSIGN_OR_RETURN(StepVector vector, VectorOf(expr));
  vector.Recount();
  return vector;
}

absl::StatusOr<StepVector> Evaluator::VectorOf(const Expr& expr) {
  switch (expr.kind()) {
    case ExprKind::kVectorSelector:
      return SelectInstant(*this, As<VectorSelector>(expr), SampleField::kValue);
    case ExprKind::kCall:
      return CallVectorFunction(*this, As<Call>(expr));
    case ExprKind::kAggregate:
      return EvaluateAggregate(*this, As<Aggregate>(expr));
    case ExprKind::kBinary:
      return EvaluateVectorBinary(*this, As<Binary>(expr));
    case ExprKind::kUnary:
      return NegatedVector(As<Unary>(expr));
    case ExprKind::kParen:
      return Vector(*As<Paren>(expr).expr);
    default:
      return absl::InternalError("expression is not an instant vector");
  }
}

absl::StatusOr<StepVector> Evaluator::VectorInto(const Expr& expr, RowSink* sink) {
  const Expr& node = StripParens(expr);
  const auto outer = std::pair(std::exchange(sunk_, &node), std::exchange(sink_, sink));
  auto rest = Vector(node);
  std::tie(sunk_, sink_) = outer;
  return rest;
}

absl::StatusOr<ScalarColumn> Evaluator::Scalar(const Expr& expr) {
  RETURN_IF_ERROR(context_.Spend(steps_.count));
  switch (expr.kind()) {
    case ExprKind::kNumberLiteral:
      return ScalarColumn(steps_.count, As<NumberLiteral>(expr).value);
    case ExprKind::kCall:
      return CallScalarFunction(*this, As<Call>(expr));
    case ExprKind::kBinary:
      return EvaluateScalarBinary(*this, As<Binary>(expr));
    case ExprKind::kUnary:
      return UnaryScalar(As<Unary>(expr));
    case ExprKind::kParen:
      return Scalar(*As<Paren>(expr).expr);
    default:
      return absl::InternalError("expression is not a scalar");
  }
}

absl::StatusOr<StepVector> Evaluator::NegatedVector(const Unary& unary) {
  ASSIGN_OR_RETURN(StepVector vector, Vector(*unary.expr));
  if (!unary.negative) {
    return vector;
  }
  for (const Row& row : vector.rows()) {
    for (size_t i = 0; i < steps_.count; ++i) {
      row.values[i] = -row.values[i];
    }
    RETURN_IF_ERROR(context_.Spend(steps_.count));
  }
  RETURN_IF_ERROR(DropMetricNames(&context_, &vector));
  return vector;
}

absl::StatusOr<ScalarColumn> Evaluator::UnaryScalar(const Unary& unary) {
  ASSIGN_OR_RETURN(ScalarColumn column, Scalar(*unary.expr));
  if (unary.negative) {
    for (double& v : column) {
      v = -v;
    }
  }
  return column;
}

}  // namespace tidemark::query
