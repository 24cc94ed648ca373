// Aggregations that make one series of each group.
//
// Series are folded one by one, as they are computed, into one accumulator a group and step:
// memory grows with the groups, not with the series, and values are taken in the order of the
// series at every step.
#include <cmath>

#include "absl/container/flat_hash_map.h"
#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/engine/aggregation.h"
#include "query/engine/compensated.h"
#include "query/engine/label_key.h"
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

StepVector NewAggregate(EvalContext& context, const Aggregate& aggregate, size_t steps) {
  StepVector result(&context, steps);
  result.set_mixed_names(std::any_of(
      aggregate.grouping.begin(), aggregate.grouping.end(),
      [&](const std::string& label) { return !aggregate.without && label == model::kMetricName; }));
  return result;
}

// Folding takes series one by one and adds each to the accumulators of its group.
// Thread-compatible.
template <typename Accumulator>
class Folding final : public RowSink {
 public:
  Folding(EvalContext* context, const Aggregate& aggregate, size_t steps)
      : context_(*context),
        key_(aggregate.grouping, !aggregate.without),
        result_(NewAggregate(*context, aggregate, steps)) {}
  ~Folding() override { context_.budget().Release(charged_); }

  absl::Status Take(model::LabelsView labels, const Row& row) override {
    key_.Pick(labels, &picked_);
    const auto [it, added] = index_.try_emplace(picked_, groups_.size());
    if (added) {
      AddGroup();
    }
    Group& group = groups_[it->second];
    result_.rows()[it->second].drop_name |= row.drop_name;
    AddPresent(row, group.accumulators.get());
    for (size_t w = 0; w < result_.words(); ++w) {
      group.out.present[w] |= row.present[w];
    }
    return context_.Spend(result_.steps());
  }

  StepVector Finish() {
    for (const Group& group : groups_) {
      result_.ForEachPresent(
          group.out, [&](size_t i) { group.out.values[i] = group.accumulators[i].Value(); });
    }
    return std::move(result_);
  }

 private:
  struct Group {
    Row out;
    std::unique_ptr<Accumulator[]> accumulators;  // one a step
  };

  void AddGroup() {
    const Row out = result_.Add(model::LabelsView(context_.labels().StoreBytes(picked_)));
    groups_.push_back({out, std::make_unique<Accumulator[]>(result_.steps())});
    const size_t cells = result_.steps() * sizeof(Accumulator) / sizeof(double);
    context_.budget().Charge(cells);
    charged_ += cells;
  }

  void AddPresent(const Row& row, Accumulator* accumulators) const {
    for (size_t w = 0; w < result_.words(); ++w) {
      const size_t begin = w * 64;
      if (row.present[w] == ~uint64_t{0}) {
        for (size_t i = begin; i < begin + 64; ++i) {
          accumulators[i].Add(row.values[i]);
        }
        continue;
      }
      ForEachBit(row.present + w, 1,
                 [&](size_t i) { accumulators[begin + i].Add(row.values[begin + i]); });
    }
  }

  EvalContext& context_;
  const LabelKey key_;
  StepVector result_;
  base::StringMap<size_t> index_;
  std::vector<Group> groups_;
  std::string picked_;
  size_t charged_ = 0;
};

template <typename Accumulator>
absl::StatusOr<StepVector> Fold(Evaluator& evaluator, const Aggregate& aggregate) {
  Folding<Accumulator> folding(&evaluator.context(), aggregate, evaluator.steps().count);
  ASSIGN_OR_RETURN(const StepVector rest, evaluator.VectorInto(*aggregate.expr, &folding));
  for (const Row& row : rest.rows()) {
    RETURN_IF_ERROR(folding.Take(row.labels, row));
  }
  return folding.Finish();
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

// The series that count_values makes. The value becomes a label of the series it is counted for,
// and only then are the series grouped: without(label) takes it away again.
class ValueCounts {
 public:
  ValueCounts(EvalContext* context, const Aggregate& aggregate, const std::string& label,
              size_t steps)
      : context_(*context),
        label_(label),
        key_(Listed(aggregate, label), !aggregate.without),
        result_(context, steps) {}

  // To be called before the first Of() of each series.
  void NextSeries() { of_series_.clear(); }

  // The series that counts `value` of `row`.
  const Row& Of(const Row& row, double value) {
    const auto [it, added] = of_series_.try_emplace(ValueIdentity(value));
    if (added) {
      const std::string text = PlainText(value);
      model::LabelsBuilder builder(row.labels);
      key_.Pick(builder.Set(label_, text).Build(), &picked_);
      const auto [group, is_new] = groups_.try_emplace(picked_);
      if (is_new) {
        group->second = result_.Add(model::LabelsView(context_.labels().StoreBytes(picked_)));
      }
      it->second = group->second;
    }
    return it->second;
  }

  StepVector Take() { return std::move(result_); }

 private:
  static std::vector<std::string> Listed(const Aggregate& aggregate, const std::string& label) {
    std::vector<std::string> names = aggregate.grouping;
    if (!aggregate.without) {
      names.push_back(label);
    }
    return names;
  }

  EvalContext& context_;
  const std::string& label_;
  const LabelKey key_;
  StepVector result_;
  base::StringMap<Row> groups_;
  absl::flat_hash_map<uint64_t, Row> of_series_;
  std::string picked_;
};

}  // namespace

absl::StatusOr<StepVector> FoldSeries(Evaluator& evaluator, const Aggregate& aggregate) {
  switch (aggregate.op) {
    case AggregateOp::kSum:
      return Fold<CompensatedSum>(evaluator, aggregate);
    case AggregateOp::kAvg:
      return Fold<CompensatedMean>(evaluator, aggregate);
    case AggregateOp::kMin:
      return Fold<LeastValue>(evaluator, aggregate);
    case AggregateOp::kMax:
      return Fold<GreatestValue>(evaluator, aggregate);
    case AggregateOp::kCount:
      return Fold<SeriesCount>(evaluator, aggregate);
    case AggregateOp::kGroup:
      return Fold<SeriesPresence>(evaluator, aggregate);
    case AggregateOp::kStddev:
      return Fold<PlainDeviation>(evaluator, aggregate);
    case AggregateOp::kStdvar:
      return Fold<PlainVariance>(evaluator, aggregate);
    default:
      return ExecutionError(
          fmt::format("aggregation {} is not supported", OperatorText(aggregate.op)));
  }
}

absl::StatusOr<StepVector> QuantileOfGroups(EvalContext& context, const Aggregate& aggregate,
                                            const ScalarColumn& parameter,
                                            const StepVector& vector) {
  WarnOfQuantiles(context, parameter, aggregate.param->position);
  StepVector result = NewAggregate(context, aggregate, vector.steps());
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
  ValueCounts counts(&context, aggregate, label, vector.steps());
  for (const Row& row : vector.rows()) {
    counts.NextSeries();
    vector.ForEachPresent(row, [&](size_t step) {
      const Row& count = counts.Of(row, row.values[step]);
      count.Set(step, count.values[step] + 1);
    });
    RETURN_IF_ERROR(context.Spend(vector.steps()));
  }
  return counts.Take();
}

}  // namespace tidemark::query
