// Functions of the samples in a window: rate and its kin, and the *_over_time family.
//
// Each function is a kernel that is given one series, all of its samples and the windows of all
// steps; the windows move over the samples by two indices that only go forward.
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/extrapolation.h"
#include "query/engine/functions.h"
#include "query/engine/growth_plan.h"
#include "query/engine/number_text.h"
#include "query/engine/selector.h"
#include "query/engine/statistics.h"

namespace tidemark::query {
namespace {

using Values = std::span<const double>;
using Times = std::span<const model::Timestamp>;

// What a kernel works on.
struct WindowedSeries {
  WorkMeter& meter;
  const storage::SampleColumns& samples;
  const WindowGrid& windows;
  const std::vector<ScalarColumn>& parameters;
  GrowthPlans& plans;  // of all series of the call
  Row out;

  Values values(size_t first, size_t behind) const {
    return Values(samples.values).subspan(first, behind - first);
  }
  Times times(size_t first, size_t behind) const {
    return Times(samples.timestamps).subspan(first, behind - first);
  }
};

using Kernel = absl::Status (*)(const WindowedSeries&);

double AsDouble(size_t n) { return static_cast<double>(n); }

// Calls visit(step, first, behind) for each step whose window holds samples [first, behind) of
// the series, one at least.
template <typename Visit>
absl::Status ForEachWindow(const WindowedSeries& series, Visit visit) {
  constexpr size_t kSpendEvery = 1024;
  const std::vector<model::Timestamp>& times = series.samples.timestamps;
  size_t unspent = 0;
  size_t first = 0;
  size_t behind = 0;
  WindowCursor window(series.windows);
  for (size_t step = 0; step < series.windows.steps.count; ++step, window.Advance()) {
    const model::Timestamp end = window.end();
    const model::Timestamp too_old = window.too_old();
    while (behind < times.size() && times[behind] <= end) {
      ++behind;
    }
    while (first < behind && times[first] <= too_old) {
      ++first;
    }
    if (first < behind) {
      visit(step, first, behind);
      unspent += behind - first;
      if (unspent >= kSpendEvery) {
        RETURN_IF_ERROR(series.meter.Spend(std::exchange(unspent, 0)));
      }
    }
  }
  return series.meter.Spend(unspent);
}

// A kernel from a function of the values.
template <double (*kFunction)(Values)>
absl::Status OfValues(const WindowedSeries& series) {
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    series.out.Set(step, kFunction(series.values(first, behind)));
  });
}

// The sums of all values before each and of all, if they are exact in whatever order they are
// made: when the values are whole and no sum is too large for a double to tell it from the next
// number.
std::optional<std::vector<double>> ExactSums(Values values) {
  constexpr double kLargest = double{int64_t{1} << 52};
  std::vector<double> sums(values.size() + 1, 0);
  for (size_t i = 0; i < values.size(); ++i) {
    const double v = values[i];
    sums[i + 1] = sums[i] + v;
    const bool negative_zero = v == 0 && std::signbit(v);
    if (v != std::trunc(v) || std::abs(sums[i + 1]) > kLargest || negative_zero) {
      return std::nullopt;
    }
  }
  return sums;
}

// The sum of each window, or its mean. Where sums are exact, which those of most counters and
// gauges are, a window costs the same however long it is.
template <double (*kFunction)(Values), bool mean>
absl::Status OfSums(const WindowedSeries& series) {
  const auto sums = ExactSums(series.samples.values);
  if (!sums) {
    return OfValues<kFunction>(series);
  }
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    const double sum = (*sums)[behind] - (*sums)[first];
    series.out.Set(step, mean ? sum / AsDouble(behind - first) : sum);
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

// The least or greatest value of each window; NaN only where there is nothing else. Of the values
// seen, those are candidates that none behind them beats; each comes and goes once.
template <bool greatest>
absl::Status Extreme(const WindowedSeries& series) {
  const std::vector<double>& values = series.samples.values;
  std::vector<size_t> candidates;
  size_t best = 0;  // index of the first candidate in the window
  size_t seen = 0;
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    for (; seen < behind; ++seen) {
      const double v = values[seen];
      if (std::isnan(v)) {
        continue;
      }
      while (candidates.size() > best &&
             (greatest ? v > values[candidates.back()] : v < values[candidates.back()])) {
        candidates.pop_back();
      }
      candidates.push_back(seen);
    }
    while (best < candidates.size() && candidates[best] < first) {
      ++best;
    }
    series.out.Set(step, best < candidates.size() ? values[candidates[best]] : values[behind - 1]);
  });
}

// How often kIsOne(before, after) holds between neighbours in the window.
template <bool (*kIsOne)(double before, double after)>
absl::Status CountNeighbours(const WindowedSeries& series) {
  const std::vector<double>& values = series.samples.values;
  std::vector<size_t> up_to(values.size(), 0);
  for (size_t i = 1; i < values.size(); ++i) {
    up_to[i] = up_to[i - 1] + (kIsOne(values[i - 1], values[i]) ? 1 : 0);
  }
  return ForEachWindow(series, [&](size_t step, size_t first, size_t behind) {
    series.out.Set(step, AsDouble(up_to[behind - 1] - up_to[first]));
  });
}

// Where the counter fell: indices of the first sample after each reset, ascending. Most counters
// do not, which is seen faster than where they would.
std::vector<size_t> FindResets(const storage::SampleColumns& samples) {
  std::vector<size_t> resets;
  uint64_t falls = 0;
  for (size_t i = 1; i < samples.size(); ++i) {
    falls += samples.values[i] < samples.values[i - 1] ? 1 : 0;
  }
  if (falls == 0) {
    return resets;
  }
  resets.reserve(falls);
  for (size_t i = 1; i < samples.size(); ++i) {
    if (samples.values[i] < samples.values[i - 1]) {
      resets.push_back(i);
    }
  }
  return resets;
}

// Whether windows are looked at by a plan. That of a few steps is not worth making.
bool IsWorthAPlan(const WindowGrid& windows) {
  constexpr size_t kFewSteps = 16;
  return windows.steps.count > kFewSteps && windows.steps.count < UINT32_MAX && !windows.closed;
}

// rate, increase and delta. Resets are found once per series, so a window costs no more than the
// resets in it.
template <bool counter, bool per_second>
absl::Status Growth(const WindowedSeries& series) {
  const std::vector<double>& values = series.samples.values;
  const std::vector<model::Timestamp>& times = series.samples.timestamps;
  const std::vector<size_t> resets = counter ? FindResets(series.samples) : std::vector<size_t>();
  if (resets.empty() && IsWorthAPlan(series.windows)) {
    const auto plan = series.plans.Of(times, series.windows);
    plan->Apply<counter>(values, per_second ? ToSeconds(series.windows.range_ms) : 1, series.out);
    return series.meter.Spend(plan->samples());
  }
  auto reset = resets.begin();
  const double range_seconds = ToSeconds(series.windows.range_ms);
  Extrapolator extrapolator;
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
    const double total = extrapolator.Extrapolate(window, growth, counter);
    series.out.Set(step, per_second ? total / range_seconds : total);
  });
}

// The samples that an anchored or smoothed window rests on: [first, last], the first at or before
// the window's left end if there is one, the last in the window or, when smoothed, at or behind
// its right end if there is one.
struct ExtendedWindow {
  model::Timestamp begin = 0;
  model::Timestamp end = 0;
  size_t first = 0;
  size_t last = 0;
};

// Calls visit(step, window) for each step whose window has something to rest on.
template <typename Visit>
absl::Status ForEachExtendedWindow(const WindowedSeries& series, Visit visit) {
  const WindowGrid& windows = series.windows;
  const std::vector<model::Timestamp>& times = series.samples.timestamps;
  const auto behind = [&](model::Timestamp t) {
    return static_cast<size_t>(std::upper_bound(times.begin(), times.end(), t) - times.begin());
  };
  for (size_t step = 0; step < windows.steps.count; ++step) {
    ExtendedWindow window;
    window.begin = windows.Begin(step);
    window.end = windows.End(step);
    const size_t oldest = behind(SubtractMs(window.begin, windows.look_left_ms));
    const size_t seen = behind(AddMs(window.end, windows.look_right_ms));
    if (oldest == seen || times[seen - 1] <= window.begin) {
      continue;
    }
    const size_t in_window = behind(window.begin);
    window.first = in_window > oldest ? in_window - 1 : oldest;
    const size_t at_end = behind(SubtractMs(window.end, 1));
    window.last = std::min(at_end, seen - 1);
    if (windows.look_right_ms == 0) {
      window.last = seen - 1;
    }
    if (times[window.last] > window.begin) {
      visit(step, window);
    }
    RETURN_IF_ERROR(series.meter.Spend(window.last - window.first + 1));
  }
  return absl::OkStatus();
}

// The value at `t` between samples i and i + 1. A counter that fell between them was reset at
// once: on the left end it rises from zero, on the right one it rises on.
double Between(const storage::SampleColumns& samples, size_t i, model::Timestamp t, bool counter,
               bool left) {
  double before = samples.values[i];
  double after = samples.values[i + 1];
  if (counter && after < before) {
    (left ? before : after) = left ? 0 : after + before;
  }
  return before + (after - before) * ToSeconds(t - samples.timestamps[i]) /
                      ToSeconds(samples.timestamps[i + 1] - samples.timestamps[i]);
}

// rate, increase and delta of what is at the ends of the window; nothing is extrapolated.
template <bool counter, bool per_second>
absl::Status ExtendedGrowth(const WindowedSeries& series) {
  const std::vector<double>& values = series.samples.values;
  const std::vector<model::Timestamp>& times = series.samples.timestamps;
  const bool smoothed = series.windows.look_right_ms > 0;
  return ForEachExtendedWindow(series, [&](size_t step, ExtendedWindow window) {
    double left = values[window.first];
    if (smoothed && times[window.first] < window.begin) {
      left = Between(series.samples, window.first, window.begin, counter, true);
    }
    double right = values[window.last];
    if (smoothed && window.last > 0 && times[window.last] > window.end) {
      right = Between(series.samples, window.last - 1, window.end, counter, false);
    }
    double growth = right - left;
    if (counter) {
      double previous = left;
      const auto rise_to = [&](double v) {
        growth += v < previous ? previous : 0;
        previous = v;
      };
      for (size_t i = window.first; i <= window.last; ++i) {
        if (times[i] > window.begin && times[i] < window.end) {
          rise_to(values[i]);
        }
      }
      rise_to(right);
    }
    series.out.Set(step, per_second ? growth / ToSeconds(series.windows.range_ms) : growth);
  });
}

// resets and changes, also between the sample before the window and the first in it.
template <size_t (*kCount)(Values)>
absl::Status ExtendedCount(const WindowedSeries& series) {
  return ForEachExtendedWindow(series, [&](size_t step, const ExtendedWindow& window) {
    series.out.Set(step, static_cast<double>(kCount(series.values(window.first, window.last + 1))));
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
  RETURN_IF_ERROR(
      kernel({series.meter, series.samples, first, series.parameters, series.plans, series.out}));
  if (series.out.Has(0)) {
    for (size_t step = 1; step < series.windows.steps.count; ++step) {
      series.out.Set(step, series.out.values[0]);
    }
  }
  return absl::OkStatus();
}

absl::Status Resets(const WindowedSeries& series) { return CountNeighbours<IsReset>(series); }
absl::Status Changes(const WindowedSeries& series) { return CountNeighbours<IsChange>(series); }

// What does the work of `kernel` over anchored and smoothed windows.
struct ExtendedKernel {
  Kernel kernel;
  Kernel extended;
  bool smoothed;  // also over smoothed ones
};
constexpr ExtendedKernel kExtendedKernels[] = {
    {Growth<true, true>, ExtendedGrowth<true, true>, true},
    {Growth<true, false>, ExtendedGrowth<true, false>, true},
    {Growth<false, false>, ExtendedGrowth<false, false>, true},
    {Resets, ExtendedCount<CountResets>, false},
    {Changes, ExtendedCount<CountChanges>, false},
};

absl::StatusOr<Kernel> KernelFor(const WindowGrid& windows, Kernel kernel, const Call& call) {
  if (windows.look_left_ms == 0) {
    return kernel;
  }
  const bool smoothed = windows.look_right_ms > 0;
  for (const ExtendedKernel& one : kExtendedKernels) {
    if (one.kernel == kernel && (one.smoothed || !smoothed)) {
      return one.extended;
    }
  }
  return ExecutionError(fmt::format(
      "{} modifier can only be used with: {} - not with {}", smoothed ? "smoothed" : "anchored",
      smoothed ? "delta, increase, rate" : "changes, delta, increase, rate, resets",
      call.function->name));
}

// Runs `kernel` over every series; `seen` is called with the labels of those that gave a value.
template <typename Seen>
absl::StatusOr<StepVector> RunKernel(Evaluator& evaluator, const Call& call, Kernel kernel,
                                     const std::vector<ScalarColumn>& parameters, bool keeps_name,
                                     Seen seen) {
  EvalContext& context = evaluator.context();
  ASSIGN_OR_RETURN(RangeVector range,
                   RangeVector::CreateExtended(&evaluator, MatrixArgument(call)));
  ASSIGN_OR_RETURN(kernel, KernelFor(range.windows(), kernel, call));
  StepVector result = evaluator.NewVector();
  result.set_mixed_names(range.mixed_names());
  const bool drops_now = !keeps_name && !context.options().delayed_name_removal;
  // Series that may become equal without their names are looked at together.
  RowSink* const sink = drops_now && range.mixed_names() ? nullptr : evaluator.SinkOf(call);
  const bool once = SameAtAllSteps(kernel, range.windows(), parameters);
  GrowthPlans plans;
  const auto make = [&](storage::SampleColumns* samples, const Row& row, WorkMeter* meter) {
    return FillRow(kernel, {*meter, *samples, range.windows(), parameters, plans, row}, once);
  };
  const auto take = [&](model::LabelsView labels, const Row& made) {
    seen(labels);
    Row row = made;
    row.drop_name = range.drop_name() || (!keeps_name && !drops_now);
    if (sink != nullptr && !(drops_now && DescribesMetric(labels))) {
      return sink->Take(drops_now ? WithoutMetricName(labels, &context.labels()) : labels, row);
    }
    result.AddCopy(context.labels().Store(labels), row);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(range.ForEachRow(make, take));
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
    {FunctionId::kResets, OverWindows<Resets>},
    {FunctionId::kChanges, OverWindows<Changes>},
    {FunctionId::kAvgOverTime, OverWindows<OfSums<Mean, true>>},
    {FunctionId::kSumOverTime, OverWindows<OfSums<Sum, false>>},
    {FunctionId::kMinOverTime, OverWindows<Extreme<false>>},
    {FunctionId::kMaxOverTime, OverWindows<Extreme<true>>},
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
