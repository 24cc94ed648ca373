#include "query/engine/binary.h"

#include "base/status_macros.h"
#include "query/engine/number_ops.h"

namespace tidemark::query {
namespace {

// Both operand orders of one column of a vector against a scalar.
template <typename Op>
void ApplyToColumn(const Row& row, const ScalarColumn& scalar, bool scalar_left, Op op) {
  if (scalar_left) {
    for (size_t i = 0; i < scalar.size(); ++i) {
      row.values[i] = op(scalar[i], row.values[i]);
    }
  } else {
    for (size_t i = 0; i < scalar.size(); ++i) {
      row.values[i] = op(row.values[i], scalar[i]);
    }
  }
}

template <typename Op>
void FilterColumn(const StepVector& vector, const Row& row, const ScalarColumn& scalar,
                  bool scalar_left, Op op) {
  vector.ForEachPresent(row, [&](size_t i) {
    const double v = row.values[i];
    if (!(scalar_left ? op(scalar[i], v) : op(v, scalar[i]))) {
      row.Clear(i);
    }
  });
}

void CompareRow(const StepVector& vector, const Row& row, const ScalarColumn& scalar,
                const Binary& binary, bool scalar_left) {
  WithComparison(binary.op, [&](auto op) {
    if (binary.return_bool) {
      ApplyToColumn(row, scalar, scalar_left,
                    [op](double a, double b) { return op(a, b) ? 1.0 : 0.0; });
    } else {
      FilterColumn(vector, row, scalar, scalar_left, op);
    }
  });
}

absl::StatusOr<StepVector> VectorWithScalar(EvalContext& context, const Binary& binary,
                                            StepVector vector, const ScalarColumn& scalar,
                                            bool scalar_left) {
  if (IsTrim(binary.op)) {
    vector.rows().clear();
    return vector;
  }
  const bool comparison = IsComparison(binary.op);
  for (const Row& row : vector.rows()) {
    if (comparison) {
      CompareRow(vector, row, scalar, binary, scalar_left);
    } else {
      WithArithmetic(binary.op, [&](auto op) { ApplyToColumn(row, scalar, scalar_left, op); });
    }
    RETURN_IF_ERROR(context.Spend(scalar.size()));
  }
  if (comparison && !binary.return_bool) {
    vector.DropEmpty();
  } else {
    RETURN_IF_ERROR(DropMetricNames(&context, &vector));
  }
  return vector;
}

}  // namespace

absl::StatusOr<ScalarColumn> EvaluateScalarBinary(Evaluator& evaluator, const Binary& binary) {
  ASSIGN_OR_RETURN(ScalarColumn lhs, evaluator.Scalar(*binary.lhs));
  ASSIGN_OR_RETURN(const ScalarColumn rhs, evaluator.Scalar(*binary.rhs));
  const auto apply = [&](auto op) {
    for (size_t i = 0; i < lhs.size(); ++i) {
      lhs[i] = op(lhs[i], rhs[i]);
    }
  };
  if (IsTrim(binary.op)) {
    return ExecutionError("operator trims histograms, its operands are scalars");
  }
  if (IsComparison(binary.op)) {
    WithComparison(binary.op, [&](auto op) {
      apply([op](double a, double b) { return op(a, b) ? 1.0 : 0.0; });
    });
  } else {
    WithArithmetic(binary.op, apply);
  }
  return lhs;
}

absl::StatusOr<StepVector> EvaluateVectorBinary(Evaluator& evaluator, const Binary& binary) {
  EvalContext& context = evaluator.context();
  if (binary.lhs->type() == ValueType::kScalar) {
    ASSIGN_OR_RETURN(const ScalarColumn scalar, evaluator.Scalar(*binary.lhs));
    ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*binary.rhs));
    return VectorWithScalar(context, binary, std::move(vector), scalar, true);
  }
  ASSIGN_OR_RETURN(StepVector lhs, evaluator.Vector(*binary.lhs));
  if (binary.rhs->type() == ValueType::kScalar) {
    ASSIGN_OR_RETURN(const ScalarColumn scalar, evaluator.Scalar(*binary.rhs));
    return VectorWithScalar(context, binary, std::move(lhs), scalar, false);
  }
  ASSIGN_OR_RETURN(StepVector rhs, evaluator.Vector(*binary.rhs));
  if (IsSetOperator(binary.op)) {
    return CombineSets(context, binary, std::move(lhs), std::move(rhs));
  }
  return MatchVectors(context, binary, std::move(lhs), std::move(rhs));
}

}  // namespace tidemark::query
