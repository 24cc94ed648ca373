// Functions of the samples in a window: rate and its kin, and the *_over_time family.
//
// Each function is a kernel that is given one series, all of its samples and the windows of all
// steps; the windows move over the samples by two indices that only go forward.
#include <algorithm>
#include <cmath>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/extrapolation.h"
#include "query/engine/functions.h"
#include "query/engine/number_text.h"
#include "query/engine/selector.h"
#include "query/engine/statistics.h"

namespace tidemark::query {
namespace {

using Values = std::span<const double>;
using Times = std::span<const model::Timestamp>;

// What a kernel works on.
struct WindowedSeries {
  EvalContext& context;
  const storage::SampleColumns& samples;
  const WindowGrid& windows;
  const std::vector<ScalarColumn>& parameters;
  Row out;

  Values values(size_t first, size_t behind) const {
    return Values(samples.values).subspan(first, behind - first);
  }
  Times times(size_t first, size_t behind) const {
    return Times(samples.timestamps).subspan(first, behind - first);
  }
};

using Kernel = absl::Status (*)(const WindowedSeries&);

// Calls visit(step, first, behind) for each step whose window holds samples [first, behind) of
// the series, one at least.
template <typename Visit>
absl::Status ForEachWindow(const WindowedSeries& series, Visit visit) {
  const std::vector<model::Timestamp>& times = series.samples.timestamps;
  size_t first = 0;
  size_t behind = 0;
  for (size_t step = 0; step < series.windows.steps.count; ++step) {
    const model::Timestamp end = series.windows.End(step);
    const model::Timestamp too_old = series.windows.TooOld(step);
    while (behind < times.size() && times[behind] <= end) {
      ++behind;
    }
    while (first < behind && times[first] <= too_old) {
      ++first;
    }
    if (first < behind) {
      visit(step, first, behind);
      RETURN_IF_ERROR(series.context.Spend(behind - first));
    }
  }
  return absl::OkStatus();
}

// A kernel from a function of the values.
template <double (*kFunction)(Values)>
absl::Status OfValues(const WindowedSeries& series) {
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    series.out.Set(step, kFunction(series.values(first, behind)));
  });
}

// A kernel from a function of a copy of the values that it may reorder, and of the parameter.
template <double (*kFunction)(double, std::vector<double>*)>
absl::Status OfReordered(const WindowedSeries& series) {
  std::vector<double> copy;
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    const Values values = series.values(first, behind);
    copy.assign(values.begin(), values.end());
    const double parameter = series.parameters.empty() ? 0 : series.parameters[0][step];
    series.out.Set(step, kFunction(parameter, &copy));
  });
}

// The time, in seconds, of one of the samples.
template <size_t (*kWhich)(Values)>
absl::Status TimeOf(const WindowedSeries& series) {
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    const size_t i = first + kWhich(series.values(first, behind));
    series.out.Set(step, ToSeconds(series.samples.timestamps[i]));
  });
}

// The last of the values that are the least, or the greatest; NaN is neither if it can be helped.
template <bool greatest>
size_t LastExtreme(Values values) {
  size_t found = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    const double v = values[i];
    const double best = values[found];
    if ((greatest ? v >= best : v <= best) || std::isnan(best)) {
      found = i;
    }
  }
  return found;
}

// Where the counter fell: indices of the first sample after each reset, ascending.
std::vector<size_t> FindResets(const storage::SampleColumns& samples) {
  std::vector<size_t> resets;
  for (size_t i = 1; i < samples.size(); ++i) {
    if (samples.values[i] < samples.values[i - 1]) {
      resets.push_back(i);
    }
  }
  return resets;
}

// rate, increase and delta. Resets are found once per series, so a window costs no more than the
// resets in it.
template <bool counter, bool per_second>
absl::Status Growth(const WindowedSeries& series) {
  const std::vector<double>& values = series.samples.values;
  const std::vector<model::Timestamp>& times = series.samples.timestamps;
  const std::vector<size_t> resets = counter ? FindResets(series.samples) : std::vector<size_t>();
  auto reset = resets.begin();
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    if (behind - first < 2) {
      return;
    }
    double growth = values[behind - 1] - values[first];
    while (reset != resets.end() && *reset <= first) {
      ++reset;
    }
    for (auto it = reset; it != resets.end() && *it < behind; ++it) {
      growth += values[*it - 1];
    }
    SampledWindow window;
    window.begin = series.windows.Begin(step);
    window.end = series.windows.End(step);
    window.as_prometheus_2 = series.windows.closed;
    window.first_time = times[first];
    window.last_time = times[behind - 1];
    window.first_value = values[first];
    window.count = behind - first;
    const double total = Extrapolate(window, growth, counter);
    series.out.Set(step, per_second ? total / ToSeconds(series.windows.range_ms) : total);
  });
}

// irate and idelta: the last two samples.
template <bool rate>
absl::Status LastGrowth(const WindowedSeries& series) {
  const std::vector<double>& values = series.samples.values;
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    if (behind - first < 2) {
      return;
    }
    const double last = values[behind - 1];
    const double before = values[behind - 2];
    if (!rate) {
      series.out.Set(step, last - before);
      return;
    }
    const int64_t elapsed_ms =
        series.samples.timestamps[behind - 1] - series.samples.timestamps[behind - 2];
    series.out.Set(step, (last < before ? last : last - before) / ToSeconds(elapsed_ms));
  });
}

absl::Status Derivative(const WindowedSeries& series) {
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    if (behind - first >= 2) {
      series.out.Set(step, FitLine(series.times(first, behind), series.values(first, behind),
                                   series.samples.timestamps[first])
                               .slope);
    }
  });
}

absl::Status Prediction(const WindowedSeries& series) {
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    if (behind - first >= 2) {
      const Line line = FitLine(series.times(first, behind), series.values(first, behind),
                                series.windows.steps.At(step));
      series.out.Set(step, line.slope * series.parameters[0][step] + line.intercept);
    }
  });
}

absl::Status Smoothing(const WindowedSeries& series) {
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    if (behind - first >= 2) {
      series.out.Set(
          step, DoubleExponentialSmoothing(series.values(first, behind), series.parameters[0][step],
                                           series.parameters[1][step]));
    }
  });
}

double AsDouble(size_t n) { return static_cast<double>(n); }

absl::StatusOr<std::vector<ScalarColumn>> ScalarArguments(Evaluator& evaluator, const Call& call) {
  std::vector<ScalarColumn> columns;
  for (const ExprPtr& arg : call.args) {
    if (arg->type() == ValueType::kScalar) {
      ASSIGN_OR_RETURN(ScalarColumn column, evaluator.Scalar(*arg));
      columns.push_back(std::move(column));
    }
  }
  return columns;
}

const Expr& MatrixArgument(const Call& call) {
  const auto it = std::find_if(call.args.begin(), call.args.end(), [](const ExprPtr& arg) {
    return arg->type() == ValueType::kMatrix;
  });
  return **it;
}

bool AllConstant(const std::vector<ScalarColumn>& columns) {
  return std::all_of(columns.begin(), columns.end(), [](const ScalarColumn& column) {
    return std::all_of(column.begin(), column.end(),
                       [&](double v) { return model::SameBits(v, column[0]); });
  });
}

// Whether `kernel` gives the same at all steps, so that one will do.
bool SameAtAllSteps(Kernel kernel, const WindowGrid& windows,
                    const std::vector<ScalarColumn>& parameters) {
  return windows.pinned && kernel != Prediction && AllConstant(parameters);
}

// Runs `kernel` over one series.
absl::Status FillRow(Kernel kernel, const WindowedSeries& series, bool once) {
  if (!once) {
    return kernel(series);
  }
  WindowGrid first = series.windows;
  first.steps.count = 1;
  RETURN_IF_ERROR(kernel({series.context, series.samples, first, series.parameters, series.out}));
  if (series.out.Has(0)) {
    for (size_t step = 1; step < series.windows.steps.count; ++step) {
      series.out.Set(step, series.out.values[0]);
    }
  }
  return absl::OkStatus();
}

// Runs `kernel` over every series; `seen` is called with the labels of those that gave a value.
template <typename Seen>
absl::StatusOr<StepVector> RunKernel(Evaluator& evaluator, const Call& call, Kernel kernel,
                                     const std::vector<ScalarColumn>& parameters, bool keeps_name,
                                     Seen seen) {
  EvalContext& context = evaluator.context();
  ASSIGN_OR_RETURN(RangeVector range, RangeVector::Create(&evaluator, MatrixArgument(call)));
  StepVector result = evaluator.NewVector();
  result.set_mixed_names(range.mixed_names());
  const bool once = SameAtAllSteps(kernel, range.windows(), parameters);
  const auto visit = [&](model::LabelsView labels, const storage::SampleColumns& samples) {
    Row& row = result.Add({});
    const absl::Status done =
        FillRow(kernel, {context, samples, range.windows(), parameters, row}, once);
    if (!done.ok()) {
      return done;
    }
    if (!result.HasAny(row)) {
      result.TakeBack();
      return absl::OkStatus();
    }
    seen(labels);
    row.labels = context.labels().Store(labels);
    return context.Spend(result.steps());
  };
  RETURN_IF_ERROR(range.ForEach(visit));
  if (!keeps_name) {
    RETURN_IF_ERROR(DropMetricNames(&context, &result));
  }
  return result;
}

template <Kernel kKernel, bool keeps_name = false>
absl::StatusOr<StepVector> OverWindows(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(const auto parameters, ScalarArguments(evaluator, call));
  return RunKernel(evaluator, call, kKernel, parameters, keeps_name, [](model::LabelsView) {});
}

bool LooksLikeCounter(std::string_view metric) {
  return metric.ends_with("_total") || metric.ends_with("_sum") || metric.ends_with("_count") ||
         metric.ends_with("_bucket");
}

template <Kernel kKernel>
absl::StatusOr<StepVector> OverCounter(Evaluator& evaluator, const Call& call) {
  const auto doubt = [&](model::LabelsView labels) {
    const std::string_view metric = labels.metric_name();
    if (!metric.empty() && !LooksLikeCounter(metric)) {
      evaluator.context().annotations().Inform(
          fmt::format("metric might not be a counter, name does not end in "
                      "_total/_sum/_count/_bucket: \"{}\"",
                      metric),
          call.args[0]->position);
    }
  };
  return RunKernel(evaluator, call, kKernel, {}, false, doubt);
}

absl::StatusOr<StepVector> QuantileOverTime(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(const auto parameters, ScalarArguments(evaluator, call));
  for (const double q : parameters[0]) {
    if (std::isnan(q) || q < 0 || q > 1) {
      evaluator.context().annotations().Warn(
          fmt::format("quantile value should be between 0 and 1, got {}", GeneralText(q)),
          call.args[0]->position);
    }
  }
  return RunKernel(evaluator, call, OfReordered<Quantile>, parameters, false,
                   [](model::LabelsView) {});
}

absl::Status CheckFactors(const ScalarColumn& factors, std::string_view kind,
                          std::string_view symbol) {
  for (const double f : factors) {
    if (!(f > 0 && f < 1)) {
      return ExecutionError(
          fmt::format("invalid {} factor. Expected: 0 < {} < 1, got: {:f}", kind, symbol, f));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<StepVector> DoubleSmoothing(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(const auto parameters, ScalarArguments(evaluator, call));
  RETURN_IF_ERROR(CheckFactors(parameters[0], "smoothing", "sf"));
  RETURN_IF_ERROR(CheckFactors(parameters[1], "trend", "tf"));
  return RunKernel(evaluator, call, Smoothing, parameters, false, [](model::LabelsView) {});
}

constexpr VectorFunction kFunctions[] = {
    {FunctionId::kRate, OverCounter<Growth<true, true>>},
    {FunctionId::kIncrease, OverCounter<Growth<true, false>>},
    {FunctionId::kDelta, OverWindows<Growth<false, false>>},
    {FunctionId::kIrate, OverWindows<LastGrowth<true>>},
    {FunctionId::kIdelta, OverWindows<LastGrowth<false>>},
    {FunctionId::kDeriv, OverWindows<Derivative>},
    {FunctionId::kPredictLinear, OverWindows<Prediction>},
    {FunctionId::kDoubleExponentialSmoothing, DoubleSmoothing},
    {FunctionId::kResets, OverWindows<OfValues<[](Values v) { return AsDouble(CountResets(v)); }>>},
    {FunctionId::kChanges,
     OverWindows<OfValues<[](Values v) { return AsDouble(CountChanges(v)); }>>},
    {FunctionId::kAvgOverTime, OverWindows<OfValues<Mean>>},
    {FunctionId::kSumOverTime, OverWindows<OfValues<Sum>>},
    {FunctionId::kMinOverTime, OverWindows<OfValues<Minimum>>},
    {FunctionId::kMaxOverTime, OverWindows<OfValues<Maximum>>},
    {FunctionId::kStdvarOverTime, OverWindows<OfValues<Variance>>},
    {FunctionId::kStddevOverTime,
     OverWindows<OfValues<[](Values v) { return std::sqrt(Variance(v)); }>>},
    {FunctionId::kCountOverTime,
     OverWindows<OfValues<[](Values v) { return AsDouble(v.size()); }>>},
    {FunctionId::kPresentOverTime, OverWindows<OfValues<[](Values) { return 1.0; }>>},
    {FunctionId::kLastOverTime, OverWindows<OfValues<[](Values v) { return v.back(); }>, true>},
    {FunctionId::kFirstOverTime, OverWindows<OfValues<[](Values v) { return v.front(); }>, true>},
    {FunctionId::kQuantileOverTime, QuantileOverTime},
    {FunctionId::kMadOverTime,
     OverWindows<
         OfReordered<[](double, std::vector<double>* v) { return MedianAbsoluteDeviation(v); }>>},
    {FunctionId::kTsOfMinOverTime, OverWindows<TimeOf<LastExtreme<false>>>},
    {FunctionId::kTsOfMaxOverTime, OverWindows<TimeOf<LastExtreme<true>>>},
    {FunctionId::kTsOfFirstOverTime, OverWindows<TimeOf<[](Values) { return size_t{0}; }>>},
    {FunctionId::kTsOfLastOverTime, OverWindows<TimeOf<[](Values v) { return v.size() - 1; }>>},
};

}  // namespace

std::span<const VectorFunction> RangeFunctions() { return kFunctions; }

}  // namespace tidemark::query
