// Binary operators between scalars, between a vector and a scalar, and between vectors.
#pragma once

#include "absl/status/statusor.h"
#include "query/engine/evaluator.h"

namespace tidemark::query {

// REQUIRES: both operands are scalars.
absl::StatusOr<ScalarColumn> EvaluateScalarBinary(Evaluator& evaluator, const Binary& binary);

// REQUIRES: an operand is an instant vector.
absl::StatusOr<StepVector> EvaluateVectorBinary(Evaluator& evaluator, const Binary& binary);

// The parts of EvaluateVectorBinary, for two vectors. vector_matching.cc, set_operators.cc,
// fill.cc.
absl::StatusOr<StepVector> MatchVectors(EvalContext& context, const Binary& binary, StepVector lhs,
                                        StepVector rhs);
absl::StatusOr<StepVector> CombineSets(EvalContext& context, const Binary& binary, StepVector lhs,
                                       StepVector rhs);

// Gives the series of either side the partners that the matching's fill modifiers promise.
absl::Status FillMissing(EvalContext& context, const VectorMatching& matching, StepVector* lhs,
                         StepVector* rhs);

}  // namespace tidemark::query
