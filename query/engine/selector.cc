#include "query/engine/selector.h"

#include <algorithm>

#include "base/status_macros.h"

namespace tidemark::query {
namespace {

using storage::SampleColumns;

bool NamesOneMetric(const VectorSelector& selector) {
  return std::any_of(selector.matchers.begin(), selector.matchers.end(), [](const auto& matcher) {
    return matcher.type() == model::MatchType::kEqual && matcher.name() == model::kMetricName;
  });
}

absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(EvalContext& context,
                                                           const VectorSelector& selector,
                                                           const WindowGrid& windows,
                                                           bool newest_only) {
  storage::Selection selection;
  selection.min_time = windows.min_time();
  selection.max_time = windows.max_time();
  selection.matchers = selector.matchers;
  selection.newest_only = newest_only;
  selection.memory_only = context.memory_only();
  return context.querier().Select(selection);
}

// How long the stretch of samples is that the windows see.
int64_t SpanOf(const WindowGrid& windows) {
  return SubtractMs(windows.max_time(), windows.min_time());
}

absl::Status ReadSeries(EvalContext& context, storage::SeriesSet* set, SampleColumns* columns) {
  columns->clear();
  RETURN_IF_ERROR(set->Read(columns));
  context.CountRead(columns->size());
  return context.Spend(columns->size());
}

// Writes the newest sample of each window to `row`.
void FillNewest(const SampleColumns& samples, const WindowGrid& windows, SampleField field,
                const Row& row) {
  size_t behind = 0;
  WindowCursor window(windows);
  for (size_t step = 0; step < windows.steps.count; ++step, window.Advance()) {
    while (behind < samples.size() && samples.timestamps[behind] <= window.end()) {
      ++behind;
    }
    if (behind == 0) {
      continue;
    }
    const model::Timestamp t = samples.timestamps[behind - 1];
    const double v = samples.values[behind - 1];
    if (t > window.too_old() && !model::IsStale(v)) {
      row.Set(step, field == SampleField::kValue ? v : ToSeconds(t));
    }
  }
}

// The value at `t` on the line through the samples around it; the newest one's behind the last.
std::optional<double> ValueBetween(const SampleColumns& samples, model::Timestamp t) {
  const auto& times = samples.timestamps;
  const auto behind =
      static_cast<size_t>(std::upper_bound(times.begin(), times.end(), t) - times.begin());
  if (behind == 0) {
    return std::nullopt;
  }
  const double before = samples.values[behind - 1];
  if (behind == times.size() || times[behind - 1] == t) {
    return before;
  }
  const double part =
      ToSeconds(t - times[behind - 1]) / ToSeconds(times[behind] - times[behind - 1]);
  return before + (samples.values[behind] - before) * part;
}

// Writes what lies between the samples around each step. REQUIRES: no stale markers.
void FillSmoothed(const SampleColumns& samples, const WindowGrid& windows, const Row& row) {
  SampleColumns near;
  for (size_t step = 0; step < windows.steps.count; ++step) {
    const model::Timestamp end = windows.End(step);
    const auto& times = samples.timestamps;
    const auto first =
        std::upper_bound(times.begin(), times.end(), windows.TooOld(step)) - times.begin();
    const auto last =
        std::upper_bound(times.begin(), times.end(), AddMs(end, windows.look_right_ms)) -
        times.begin();
    near.timestamps.assign(times.begin() + first, times.begin() + last);
    near.values.assign(samples.values.begin() + first, samples.values.begin() + last);
    if (const auto v = ValueBetween(near, end)) {
      row.Set(step, *v);
    }
  }
}

// Looks at all values, several at a time, as hardly any series has a marker.
bool HasStaleMarkers(const SampleColumns& columns) {
  uint64_t markers = 0;
  for (const double v : columns.values) {
    markers += model::IsStale(v) ? 1 : 0;
  }
  return markers > 0;
}

void RemoveStaleMarkers(SampleColumns* columns) {
  if (!HasStaleMarkers(*columns)) {
    return;
  }
  const auto first = std::find_if(columns->values.begin(), columns->values.end(), model::IsStale);
  auto kept = static_cast<size_t>(first - columns->values.begin());
  for (size_t i = kept; i < columns->size(); ++i) {
    if (!model::IsStale(columns->values[i])) {
      columns->timestamps[kept] = columns->timestamps[i];
      columns->values[kept] = columns->values[i];
      ++kept;
    }
  }
  columns->timestamps.resize(kept);
  columns->values.resize(kept);
}

// The steps at which a subquery evaluates its expression: multiples of its step inside the
// windows. None gives a count of zero.
StepGrid InnerSteps(const WindowGrid& windows, int64_t step_ms) {
  const model::Timestamp too_old = windows.TooOld(0);
  StepGrid steps;
  steps.step_ms = step_ms;
  steps.start = too_old / step_ms * step_ms;
  if (steps.start <= too_old) {
    steps.start = AddMs(steps.start, step_ms);
  }
  const model::Timestamp last = windows.max_time();
  steps.count =
      steps.start > last ? 0 : static_cast<size_t>(SubtractMs(last, steps.start) / step_ms) + 1;
  return steps;
}

}  // namespace

absl::StatusOr<StepVector> SelectInstant(Evaluator& evaluator, const VectorSelector& selector,
                                         SampleField field) {
  if (selector.anchored) {
    return ExecutionError("anchored modifier can only be used with ranges");
  }
  EvalContext& context = evaluator.context();
  WindowGrid windows = evaluator.Windows(selector.shift, context.lookback_ms());
  windows.look_right_ms = selector.smoothed ? context.lookback_ms() : 0;
  RowSink* const sink = evaluator.SinkOf(selector);
  const bool one_window = windows.steps.count == 1 || windows.pinned;
  ASSIGN_OR_RETURN(const auto set,
                   Select(context, selector, windows, one_window && !selector.smoothed));
  StepVector vector = evaluator.NewVector();
  vector.set_mixed_names(!NamesOneMetric(selector));
  const auto make = [&](SampleColumns* samples, const Row& row, WorkMeter*) {
    if (selector.smoothed && field == SampleField::kValue) {
      RemoveStaleMarkers(samples);
      FillSmoothed(*samples, windows, row);
    } else {
      FillNewest(*samples, windows, field, row);
    }
    return absl::OkStatus();
  };
  const auto take = [&](model::LabelsView labels, const Row& row) {
    if (context.counts_samples()) {
      vector.ForEachPresent(row, [&](size_t step) { context.CountAt(step, 1); });
    }
    if (sink != nullptr) {
      return sink->Take(labels, row);
    }
    vector.AddCopy(context.labels().Store(labels), row);
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(ForEachRow(&context, set.get(),
                             {.steps = vector.steps(),
                              .span_ms = SpanOf(windows),
                              .make = make,
                              .take = take,
                              .shared = true,
                              .holds_samples = false}));
  return vector;
}

absl::StatusOr<RangeVector> RangeVector::Create(Evaluator* evaluator, const Expr& expr) {
  ASSIGN_OR_RETURN(RangeVector range, CreateExtended(evaluator, expr));
  if (range.windows_.look_right_ms > 0) {
    return ExecutionError("smoothed modifier can only be used with: delta, increase, rate");
  }
  if (range.windows_.look_left_ms > 0) {
    return ExecutionError(
        "anchored modifier can only be used with: changes, delta, increase, rate, resets");
  }
  return range;
}

absl::StatusOr<RangeVector> RangeVector::CreateExtended(Evaluator* evaluator, const Expr& expr) {
  const Expr& inner = StripParens(expr);
  if (inner.kind() == ExprKind::kSubquery) {
    const auto& subquery = As<Subquery>(inner);
    RangeVector range(evaluator, evaluator->Windows(subquery.shift, subquery.range.ms));
    RETURN_IF_ERROR(range.EvaluateSubquery(subquery));
    return range;
  }
  const auto& matrix = As<MatrixSelector>(inner);
  const VectorSelector& selector = *matrix.selector;
  RangeVector range(evaluator, evaluator->Windows(selector.shift, matrix.range.ms));
  const int64_t look_ms = evaluator->context().lookback_ms();
  range.windows_.look_left_ms = selector.anchored || selector.smoothed ? look_ms : 0;
  range.windows_.look_right_ms = selector.smoothed ? look_ms : 0;
  range.selector_ = &selector;
  return range;
}

bool RangeVector::mixed_names() const {
  return selector_ != nullptr ? !NamesOneMetric(*selector_) : inner_ && inner_->mixed_names();
}

absl::Status RangeVector::EvaluateSubquery(const Subquery& subquery) {
  EvalContext& context = evaluator_->context();
  const int64_t step_ms =
      subquery.step ? subquery.step->ms : context.options().default_subquery_step_ms;
  inner_steps_ = InnerSteps(windows_, step_ms);
  if (inner_steps_.count == 0) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(context.CheckSteps(inner_steps_));
  const EvalContext::InSubquery inside(&context);
  Evaluator inner(&context, inner_steps_);
  ASSIGN_OR_RETURN(inner_, inner.Vector(*subquery.expr));
  return absl::OkStatus();
}

absl::Status RangeVector::ForEach(Visitor visit) {
  const auto count_and_visit = [&](model::LabelsView labels, const SampleColumns& samples) {
    CountSamples(samples);
    return visit(labels, samples);
  };
  const bool counts = evaluator_->context().counts_samples();
  const Visitor visitor = counts ? Visitor(count_and_visit) : visit;
  return selector_ != nullptr ? ForEachSelected(visitor) : ForEachEvaluated(visitor);
}

void RangeVector::CountSamples(const SampleColumns& samples) const {
  const auto behind = [&samples](model::Timestamp t) {
    return std::upper_bound(samples.timestamps.begin(), samples.timestamps.end(), t);
  };
  for (size_t step = 0; step < windows_.steps.count; ++step) {
    const auto count = behind(windows_.End(step)) - behind(windows_.TooOld(step));
    evaluator_->context().CountAt(step, static_cast<size_t>(count));
  }
}

absl::Status RangeVector::ForEachSelected(Visitor visit) {
  EvalContext& context = evaluator_->context();
  ASSIGN_OR_RETURN(const auto set, Select(context, *selector_, windows_, false));
  SampleColumns columns;
  while (set->Next()) {
    RETURN_IF_ERROR(ReadSeries(context, set.get(), &columns));
    RemoveStaleMarkers(&columns);
    context.budget().Charge(columns.size());
    const absl::Status visited = visit(set->labels(), columns);
    context.budget().Release(columns.size());
    RETURN_IF_ERROR(visited);
  }
  return absl::OkStatus();
}

absl::Status RangeVector::ForEachRow(RowJob::Make make, RowJob::Take take) {
  return selector_ != nullptr ? ForEachSelectedRow(make, take) : ForEachEvaluatedRow(make, take);
}

absl::Status RangeVector::ForEachSelectedRow(RowJob::Make make, RowJob::Take take) {
  EvalContext& context = evaluator_->context();
  ASSIGN_OR_RETURN(const auto set, Select(context, *selector_, windows_, false));
  const bool counts = context.counts_samples();
  const auto make_of_values = [&](SampleColumns* samples, const Row& row, WorkMeter* meter) {
    RemoveStaleMarkers(samples);
    if (counts) {
      CountSamples(*samples);
    }
    return make(samples, row, meter);
  };
  return query::ForEachRow(&context, set.get(),
                           {.steps = windows_.steps.count,
                            .span_ms = SpanOf(windows_),
                            .make = make_of_values,
                            .take = take,
                            .shared = !counts,
                            .holds_samples = true});
}

absl::Status RangeVector::ForEachEvaluatedRow(RowJob::Make make, RowJob::Take take) {
  EvalContext& context = evaluator_->context();
  StepVector scratch = evaluator_->NewVector();
  const Row row = scratch.Add({});
  const auto visit = [&](model::LabelsView labels, const SampleColumns& samples) {
    SampleColumns copy = samples;
    std::fill_n(row.present, scratch.words(), 0);
    RETURN_IF_ERROR(make(&copy, row, &context.meter()));
    return scratch.HasAny(row) ? take(labels, row) : absl::OkStatus();
  };
  return ForEach(visit);
}

absl::Status RangeVector::ForEachEvaluated(Visitor visit) {
  if (!inner_) {
    return absl::OkStatus();
  }
  SampleColumns columns;
  for (const Row& row : inner_->rows()) {
    columns.clear();
    inner_->ForEachPresent(
        row, [&](size_t step) { columns.Append(inner_steps_.At(step), row.values[step]); });
    RETURN_IF_ERROR(evaluator_->context().Spend(columns.size()));
    drop_name_ = row.drop_name;
    RETURN_IF_ERROR(visit(row.labels, columns));
  }
  return absl::OkStatus();
}

}  // namespace tidemark::query
