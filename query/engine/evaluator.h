// Evaluator gives the value of a node at all steps of one grid: those of the query, or those of a
// subquery inside it. It holds no state of its own; the rest is in the EvalContext.
// Thread-compatible.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/eval_context.h"
#include "query/engine/step_grid.h"
#include "query/engine/step_vector.h"
#include "query/parser/ast.h"

namespace tidemark::query {

// The value of a scalar node: one number a step.
using ScalarColumn = std::vector<double>;

class Evaluator {
 public:
  // `context` must outlive the evaluator.
  Evaluator(EvalContext* context, const StepGrid& steps) : context_(*context), steps_(steps) {}

  // REQUIRES: the type of `expr` is the one named.
  absl::StatusOr<StepVector> Vector(const Expr& expr);
  absl::StatusOr<ScalarColumn> Scalar(const Expr& expr);

  EvalContext& context() { return context_; }
  const StepGrid& steps() const { return steps_; }
  StepVector NewVector() { return {&context_, steps_.count}; }

  // The windows of `range_ms` that a selector or subquery with `shift` sees at the steps.
  WindowGrid Windows(const TimeShift& shift, int64_t range_ms) const;

 private:
  absl::StatusOr<StepVector> NegatedVector(const Unary& unary);
  absl::StatusOr<ScalarColumn> UnaryScalar(const Unary& unary);

  EvalContext& context_;
  const StepGrid steps_;
};

}  // namespace tidemark::query
