// Function calls: from a Call node to the code that computes it.
#pragma once

#include <span>

#include "absl/status/statusor.h"
#include "query/engine/evaluator.h"

namespace tidemark::query {

// An ExecutionError naming the function when the engine does not have it.
absl::StatusOr<StepVector> CallVectorFunction(Evaluator& evaluator, const Call& call);
absl::StatusOr<ScalarColumn> CallScalarFunction(Evaluator& evaluator, const Call& call);

// One entry of a table of functions. The functions are kept by subject in functions_*.cc, each of
// which gives its own table.
struct VectorFunction {
  FunctionId id;
  absl::StatusOr<StepVector> (*evaluate)(Evaluator& evaluator, const Call& call);
};
struct ScalarFunction {
  FunctionId id;
  absl::StatusOr<ScalarColumn> (*evaluate)(Evaluator& evaluator, const Call& call);
};

std::span<const VectorFunction> MathFunctions();
std::span<const VectorFunction> TimeFunctions();
std::span<const VectorFunction> RangeFunctions();
std::span<const VectorFunction> AbsenceFunctions();
std::span<const VectorFunction> LabelFunctions();
std::span<const VectorFunction> OrderFunctions();
std::span<const VectorFunction> HistogramFunctions();
std::span<const VectorFunction> InfoFunctions();
std::span<const ScalarFunction> ScalarFunctions();

}  // namespace tidemark::query
