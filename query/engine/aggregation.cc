#include "query/engine/aggregation.h"

#include "base/status_macros.h"
#include "base/string_map.h"
#include "query/engine/label_key.h"

namespace tidemark::query {

std::vector<SeriesGroup> GroupSeries(EvalContext& context, const StepVector& vector,
                                     const Aggregate& aggregate) {
  std::vector<SeriesGroup> groups;
  if (aggregate.grouping.empty() && !aggregate.without) {
    if (!vector.rows().empty()) {
      groups.push_back({{}, vector.rows()});
    }
    return groups;
  }
  const LabelKey key(aggregate.grouping, !aggregate.without);
  base::StringMap<size_t> index;
  std::string picked;
  for (const Row& row : vector.rows()) {
    key.Pick(row.labels, &picked);
    const auto [it, added] = index.try_emplace(picked, groups.size());
    if (added) {
      groups.push_back({model::LabelsView(context.labels().StoreBytes(picked)), {}});
    }
    groups[it->second].rows.push_back(row);
  }
  return groups;
}

absl::StatusOr<StepVector> EvaluateAggregate(Evaluator& evaluator, const Aggregate& aggregate) {
  if (!HasParameter(aggregate.op)) {
    return FoldSeries(evaluator, aggregate);
  }
  EvalContext& context = evaluator.context();
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*aggregate.expr));
  if (aggregate.op == AggregateOp::kCountValues) {
    return CountValues(context, aggregate, vector);
  }
  ASSIGN_OR_RETURN(const ScalarColumn parameter, evaluator.Scalar(*aggregate.param));
  if (aggregate.op == AggregateOp::kQuantile) {
    return QuantileOfGroups(context, aggregate, parameter, vector);
  }
  return SelectSeries(context, aggregate, parameter, std::move(vector));
}

}  // namespace tidemark::query
