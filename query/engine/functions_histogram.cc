// Functions of histograms that are kept as one series per bucket, told apart by the label `le`.
// There are no native histograms in the store; functions of those alone give nothing.
#include <cmath>

#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/engine/classic_histogram.h"
#include "query/engine/functions.h"
#include "query/engine/label_key.h"
#include "query/engine/number_text.h"

namespace tidemark::query {
namespace {

struct BucketSeries {
  double upper_bound;
  Row row;
};

// The series of one histogram; `labels` are theirs without `le`, with the metric name.
struct ClassicHistogram {
  model::LabelsView labels;
  std::vector<BucketSeries> buckets;
};

std::string ForMetric(std::string_view metric) {
  return metric.empty() ? "" : fmt::format(" for metric name \"{}\"", metric);
}

std::vector<ClassicHistogram> GroupBuckets(EvalContext& context, const StepVector& vector,
                                           PositionRange where) {
  std::vector<ClassicHistogram> histograms;
  base::StringMap<size_t> index;
  model::LabelsBuilder builder;
  for (const Row& row : vector.rows()) {
    const std::string_view bound_text = row.labels.Get(model::kBucketLabel);
    const std::optional<double> bound = ParseFloat(bound_text);
    if (!bound) {
      context.annotations().Warn(
          fmt::format("bucket label \"le\" is missing or has a malformed value of \"{}\"{}",
                      bound_text, ForMetric(row.labels.metric_name())),
          where);
      continue;
    }
    builder.Reset(row.labels);
    builder.Delete(model::kBucketLabel);
    const model::Labels labels = builder.Build();
    const auto [it, added] = index.try_emplace(labels.bytes(), histograms.size());
    if (added) {
      histograms.push_back({context.labels().Store(labels), {}});
    }
    histograms[it->second].buckets.push_back({*bound, row});
  }
  return histograms;
}

// Calls f(step, buckets) for every step at which a bucket has a value.
template <typename F>
absl::Status ForEachStep(EvalContext& context, const ClassicHistogram& histogram, size_t steps,
                         F f) {
  std::vector<Bucket> buckets;
  for (size_t step = 0; step < steps; ++step) {
    buckets.clear();
    for (const BucketSeries& bucket : histogram.buckets) {
      if (bucket.row.Has(step)) {
        buckets.push_back({bucket.upper_bound, bucket.row.values[step]});
      }
    }
    if (!buckets.empty()) {
      f(step, &buckets);
    }
    RETURN_IF_ERROR(context.Spend(histogram.buckets.size()));
  }
  return absl::OkStatus();
}

void WarnOfQuantiles(EvalContext& context, const ScalarColumn& quantiles, PositionRange where) {
  for (const double q : quantiles) {
    if (std::isnan(q) || q < 0 || q > 1) {
      context.annotations().Warn(
          fmt::format("quantile value should be between 0 and 1, got {}", GeneralText(q)), where);
    }
  }
}

// Writes the quantiles of `histogram` to `out`.
absl::Status FillQuantiles(Evaluator& evaluator, const ClassicHistogram& histogram,
                           const ScalarColumn& quantiles, PositionRange where, const Row& out) {
  EvalContext& context = evaluator.context();
  const auto fill = [&](size_t step, std::vector<Bucket>* buckets) {
    BucketRepair repair;
    out.Set(step, BucketQuantile(quantiles[step], buckets, &repair));
    if (repair.repaired) {
      context.annotations().NoteRepair(histogram.labels.metric_name(), where,
                                       {repair.first_bound, repair.last_bound,
                                        repair.max_difference, evaluator.steps().At(step)});
    }
  };
  return ForEachStep(context, histogram, quantiles.size(), fill);
}

absl::StatusOr<StepVector> HistogramQuantile(Evaluator& evaluator, const Call& call) {
  EvalContext& context = evaluator.context();
  ASSIGN_OR_RETURN(const ScalarColumn quantiles, evaluator.Scalar(*call.args[0]));
  ASSIGN_OR_RETURN(const StepVector vector, evaluator.Vector(*call.args[1]));
  WarnOfQuantiles(context, quantiles, call.args[0]->position);
  const PositionRange where = call.args[1]->position;
  StepVector result = evaluator.NewVector();
  for (const ClassicHistogram& histogram : GroupBuckets(context, vector, where)) {
    const Row out = result.Add(histogram.labels);
    RETURN_IF_ERROR(FillQuantiles(evaluator, histogram, quantiles, where, out));
  }
  RETURN_IF_ERROR(DropMetricNames(&context, &result));
  return result;
}

// 0.5, 1.0
std::string QuantileText(double q) {
  std::string text = PlainText(q);
  if (std::isfinite(q) && text.find('.') == std::string::npos) {
    text.append(".0");
  }
  return text;
}

absl::StatusOr<StepVector> HistogramQuantiles(Evaluator& evaluator, const Call& call) {
  EvalContext& context = evaluator.context();
  ASSIGN_OR_RETURN(const StepVector vector, evaluator.Vector(*call.args[0]));
  const std::string& label = As<StringLiteral>(StripParens(*call.args[1])).value;
  const PositionRange where = call.args[0]->position;
  const auto histograms = GroupBuckets(context, vector, where);
  StepVector result = evaluator.NewVector();
  for (size_t i = 2; i < call.args.size(); ++i) {
    ASSIGN_OR_RETURN(const ScalarColumn quantiles, evaluator.Scalar(*call.args[i]));
    WarnOfQuantiles(context, quantiles, call.args[i]->position);
    const std::string text = QuantileText(quantiles[0]);
    for (const ClassicHistogram& histogram : histograms) {
      model::LabelsBuilder builder(histogram.labels);
      builder.Set(label, text);
      const Row out = result.Add(context.labels().Store(builder.Build()));
      RETURN_IF_ERROR(FillQuantiles(evaluator, histogram, quantiles, where, out));
    }
  }
  RETURN_IF_ERROR(DropMetricNames(&context, &result));
  return result;
}

absl::StatusOr<StepVector> HistogramFraction(Evaluator& evaluator, const Call& call) {
  EvalContext& context = evaluator.context();
  ASSIGN_OR_RETURN(const ScalarColumn lower, evaluator.Scalar(*call.args[0]));
  ASSIGN_OR_RETURN(const ScalarColumn upper, evaluator.Scalar(*call.args[1]));
  ASSIGN_OR_RETURN(const StepVector vector, evaluator.Vector(*call.args[2]));
  StepVector result = evaluator.NewVector();
  for (const auto& histogram : GroupBuckets(context, vector, call.args[2]->position)) {
    const Row out = result.Add(histogram.labels);
    const auto fill = [&](size_t step, std::vector<Bucket>* buckets) {
      out.Set(step, BucketFraction(lower[step], upper[step], buckets));
    };
    RETURN_IF_ERROR(ForEachStep(context, histogram, vector.steps(), fill));
  }
  RETURN_IF_ERROR(DropMetricNames(&context, &result));
  return result;
}

// A function of native histograms alone: evaluates its argument, for the errors that may have,
// and has no value for numbers.
absl::StatusOr<StepVector> NothingForNumbers(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*call.args[0]));
  vector.rows().clear();
  return vector;
}

constexpr VectorFunction kFunctions[] = {
    {FunctionId::kHistogramQuantile, HistogramQuantile},
    {FunctionId::kHistogramQuantiles, HistogramQuantiles},
    {FunctionId::kHistogramFraction, HistogramFraction},
    {FunctionId::kHistogramAvg, NothingForNumbers},
    {FunctionId::kHistogramCount, NothingForNumbers},
    {FunctionId::kHistogramSum, NothingForNumbers},
    {FunctionId::kHistogramStddev, NothingForNumbers},
    {FunctionId::kHistogramStdvar, NothingForNumbers},
};

}  // namespace

std::span<const VectorFunction> HistogramFunctions() { return kFunctions; }

}  // namespace tidemark::query
