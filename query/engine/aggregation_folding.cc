// Aggregations that make one series of each group.
//
// A group is folded series by series into one accumulator a step, so that memory does not grow
// with the number of groups, and values are taken in the order of the series at every step.
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/aggregation.h"
#include "query/engine/compensated.h"
#include "query/engine/label_text.h"
#include "query/engine/number_text.h"
#include "query/engine/statistics.h"

namespace tidemark::query {
namespace {

struct LeastValue {
  double value = std::nan("");
  void Add(double v) {
    if (v < value || std::isnan(value)) {
      value = v;
    }
  }
  double Value() const { return value; }
};

struct GreatestValue {
  double value = std::nan("");
  void Add(double v) {
    if (v > value || std::isnan(value)) {
      value = v;
    }
  }
  double Value() const { return value; }
};

struct SeriesCount {
  double count = 0;
  void Add(double /*v*/) { count += 1; }
  double Value() const { return count; }
};

struct SeriesPresence {
  void Add(double /*v*/) {}
  double Value() const { return 1; }
};

// Population variance by Welford's method.
struct PlainVariance {
  double count = 0;
  double mean = 0;
  double squares = 0;
  void Add(double v) {
    count += 1;
    const double delta = v - mean;
    mean += delta / count;
    squares += delta * (v - mean);
  }
  double Value() const { return squares / count; }
};

struct PlainDeviation : PlainVariance {
  double Value() const { return std::sqrt(PlainVariance::Value()); }
};

template <typename Accumulator>
absl::StatusOr<StepVector> Fold(EvalContext& context, const Aggregate& aggregate,
                                const StepVector& vector) {
  StepVector result(&context, vector.steps());
  result.set_mixed_names(false);
  std::vector<Accumulator> accumulators;
  for (const SeriesGroup& group : GroupSeries(context, vector, aggregate)) {
    accumulators.assign(vector.steps(), Accumulator());
    const Row out = result.Add(group.labels);
    for (const Row& row : group.rows) {
      vector.ForEachPresent(row, [&](size_t i) { accumulators[i].Add(row.values[i]); });
      for (size_t w = 0; w < vector.words(); ++w) {
        out.present[w] |= row.present[w];
      }
      RETURN_IF_ERROR(context.Spend(vector.steps()));
    }
    result.ForEachPresent(out, [&](size_t i) { out.values[i] = accumulators[i].Value(); });
  }
  return result;
}

void WarnOfQuantiles(EvalContext& context, const ScalarColumn& quantiles, PositionRange where) {
  for (const double q : quantiles) {
    if (std::isnan(q) || q < 0 || q > 1) {
      context.annotations().Warn(
          fmt::format("quantile value should be between 0 and 1, got {}", GeneralText(q)), where);
    }
  }
}

// One name for all NaNs.
uint64_t ValueIdentity(double v) {
  return std::isnan(v) ? model::kNormalNanBits : model::ValueBits(v);
}

}  // namespace

absl::StatusOr<StepVector> FoldGroups(EvalContext& context, const Aggregate& aggregate,
                                      const StepVector& vector) {
  switch (aggregate.op) {
    case AggregateOp::kSum:
      return Fold<CompensatedSum>(context, aggregate, vector);
    case AggregateOp::kAvg:
      return Fold<CompensatedMean>(context, aggregate, vector);
    case AggregateOp::kMin:
      return Fold<LeastValue>(context, aggregate, vector);
    case AggregateOp::kMax:
      return Fold<GreatestValue>(context, aggregate, vector);
    case AggregateOp::kCount:
      return Fold<SeriesCount>(context, aggregate, vector);
    case AggregateOp::kGroup:
      return Fold<SeriesPresence>(context, aggregate, vector);
    case AggregateOp::kStddev:
      return Fold<PlainDeviation>(context, aggregate, vector);
    case AggregateOp::kStdvar:
      return Fold<PlainVariance>(context, aggregate, vector);
    default:
      return ExecutionError(
          fmt::format("aggregation {} is not supported", OperatorText(aggregate.op)));
  }
}

absl::StatusOr<StepVector> QuantileOfGroups(EvalContext& context, const Aggregate& aggregate,
                                            const ScalarColumn& parameter,
                                            const StepVector& vector) {
  WarnOfQuantiles(context, parameter, aggregate.param->position);
  StepVector result(&context, vector.steps());
  result.set_mixed_names(false);
  std::vector<double> values;
  for (const SeriesGroup& group : GroupSeries(context, vector, aggregate)) {
    const Row out = result.Add(group.labels);
    for (size_t step = 0; step < vector.steps(); ++step) {
      values.clear();
      for (const Row& row : group.rows) {
        if (row.Has(step)) {
          values.push_back(row.values[step]);
        }
      }
      if (!values.empty()) {
        out.Set(step, Quantile(parameter[step], &values));
      }
      RETURN_IF_ERROR(context.Spend(group.rows.size()));
    }
  }
  return result;
}

absl::StatusOr<StepVector> CountValues(EvalContext& context, const Aggregate& aggregate,
                                       const StepVector& vector) {
  const std::string& label = As<StringLiteral>(StripParens(*aggregate.param)).value;
  if (!IsLabelName(label)) {
    return ExecutionError(fmt::format("invalid label name \"{}\"", label));
  }
  StepVector result(&context, vector.steps());
  result.set_mixed_names(label == model::kMetricName);
  absl::flat_hash_map<uint64_t, Row> counts;
  for (const SeriesGroup& group : GroupSeries(context, vector, aggregate)) {
    counts.clear();
    for (const Row& row : group.rows) {
      vector.ForEachPresent(row, [&](size_t step) {
        const auto [it, added] = counts.try_emplace(ValueIdentity(row.values[step]));
        if (added) {
          const std::string text = PlainText(row.values[step]);
          model::LabelsBuilder builder(group.labels);
          builder.Set(label, text);
          it->second = result.Add(context.labels().Store(builder.Build()));
        }
        it->second.Set(step, it->second.values[step] + 1);
      });
      RETURN_IF_ERROR(context.Spend(vector.steps()));
    }
  }
  RETURN_IF_ERROR(MergeEqualSeries(&result));
  return result;
}

}  // namespace tidemark::query
