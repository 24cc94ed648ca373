// Aggregations: sum, topk, count_values and the others.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "query/engine/evaluator.h"

namespace tidemark::query {

absl::StatusOr<StepVector> EvaluateAggregate(Evaluator& evaluator, const Aggregate& aggregate);

// The series of a vector that share a group key, which are also the labels of the group.
struct SeriesGroup {
  model::LabelsView labels;
  std::vector<Row> rows;
};

// In order of first mention.
std::vector<SeriesGroup> GroupSeries(EvalContext& context, const StepVector& vector,
                                     const Aggregate& aggregate);

// The parts of EvaluateAggregate. aggregation_selecting.cc keeps some of the series as they are:
// topk, bottomk, limitk, limit_ratio. `parameter` is the value of k or of the ratio.
absl::StatusOr<StepVector> SelectSeries(EvalContext& context, const Aggregate& aggregate,
                                        const ScalarColumn& parameter, StepVector vector);
// aggregation_folding.cc makes one series of each group.
absl::StatusOr<StepVector> FoldSeries(Evaluator& evaluator, const Aggregate& aggregate);
absl::StatusOr<StepVector> QuantileOfGroups(EvalContext& context, const Aggregate& aggregate,
                                            const ScalarColumn& parameter,
                                            const StepVector& vector);
absl::StatusOr<StepVector> CountValues(EvalContext& context, const Aggregate& aggregate,
                                       const StepVector& vector);

}  // namespace tidemark::query
