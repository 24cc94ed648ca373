// Evaluator gives the value of a node at all steps of one grid: those of the query, or those of a
// subquery inside it. What a query shares is in the EvalContext.
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

// RowSink takes the series of a vector one at a time, as they are computed, so that the vector
// need not be kept whole.
class RowSink {
 public:
  virtual ~RowSink() = default;
  // `row` and `labels` are valid during the call only; the row's own labels mean nothing.
  virtual absl::Status Take(model::LabelsView labels, const Row& row) = 0;
};

class Evaluator {
 public:
  // `context` must outlive the evaluator.
  Evaluator(EvalContext* context, const StepGrid& steps) : context_(*context), steps_(steps) {}

  // REQUIRES: the type of `expr` is the one named.
  absl::StatusOr<StepVector> Vector(const Expr& expr);
  absl::StatusOr<ScalarColumn> Scalar(const Expr& expr);

  // As Vector(), but series may be given to `sink` instead of being part of the result: by the
  // outermost node, if it makes them one by one.
  absl::StatusOr<StepVector> VectorInto(const Expr& expr, RowSink* sink);
  // Where `node` may put its series; null if it has to return them.
  RowSink* SinkOf(const Expr& node) const { return &node == sunk_ ? sink_ : nullptr; }

  EvalContext& context() { return context_; }
  const StepGrid& steps() const { return steps_; }
  StepVector NewVector() { return {&context_, steps_.count}; }

  // The windows of `range_ms` that a selector or subquery with `shift` sees at the steps.
  WindowGrid Windows(const TimeShift& shift, int64_t range_ms) const;

 private:
  absl::StatusOr<StepVector> VectorOf(const Expr& expr);
  absl::StatusOr<StepVector> NegatedVector(const Unary& unary);
  absl::StatusOr<ScalarColumn> UnaryScalar(const Unary& unary);

  EvalContext& context_;
  const StepGrid steps_;
  const Expr* sunk_ = nullptr;  // the node whose series `sink_` may take
  RowSink* sink_ = nullptr;
};

}  // namespace tidemark::query
