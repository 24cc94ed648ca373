// absent() and absent_over_time().
#include "base/status_macros.h"
#include "base/string_map.h"
#include "query/engine/functions.h"
#include "query/engine/selector.h"

namespace tidemark::query {
namespace {

// What a missing series would be called: the labels that a selector asks to be equal to one
// value, unless it says more about them than that.
model::Labels LabelsOfMissing(const VectorSelector& selector) {
  base::StringMap<size_t> mentions;
  for (const model::Matcher& matcher : selector.matchers) {
    ++mentions[matcher.name()];
  }
  model::LabelsBuilder builder;
  for (const model::Matcher& matcher : selector.matchers) {
    if (matcher.type() == model::MatchType::kEqual && matcher.name() != model::kMetricName &&
        mentions[matcher.name()] == 1) {
      builder.Set(matcher.name(), matcher.value());
    }
  }
  return builder.Build();
}

model::Labels LabelsOfMissing(const Expr& expr) {
  const Expr& inner = StripParens(expr);
  if (inner.kind() == ExprKind::kVectorSelector) {
    return LabelsOfMissing(As<VectorSelector>(inner));
  }
  if (inner.kind() == ExprKind::kMatrixSelector) {
    return LabelsOfMissing(*As<MatrixSelector>(inner).selector);
  }
  return {};
}

// One series that is 1 where `taken` is not.
StepVector Complement(Evaluator& evaluator, const Expr& expr, const std::vector<bool>& taken) {
  StepVector result = evaluator.NewVector();
  result.set_mixed_names(false);
  const Row row = result.Add(evaluator.context().labels().Store(LabelsOfMissing(expr)));
  for (size_t step = 0; step < taken.size(); ++step) {
    if (!taken[step]) {
      row.Set(step, 1);
    }
  }
  result.DropEmpty();
  return result;
}

absl::StatusOr<StepVector> Absent(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(const StepVector vector, evaluator.Vector(*call.args[0]));
  std::vector<bool> taken(vector.steps(), false);
  for (const Row& row : vector.rows()) {
    vector.ForEachPresent(row, [&](size_t step) { taken[step] = true; });
    RETURN_IF_ERROR(evaluator.context().Spend(vector.steps()));
  }
  return Complement(evaluator, *call.args[0], taken);
}

// Marks the steps whose windows hold one of `times`.
void MarkWindows(const WindowGrid& windows, const std::vector<model::Timestamp>& times,
                 std::vector<bool>* taken) {
  size_t behind = 0;
  for (size_t step = 0; step < windows.steps.count; ++step) {
    while (behind < times.size() && times[behind] <= windows.End(step)) {
      ++behind;
    }
    if (behind > 0 && times[behind - 1] > windows.TooOld(step)) {
      (*taken)[step] = true;
    }
  }
}

absl::StatusOr<StepVector> AbsentOverTime(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(RangeVector range, RangeVector::Create(&evaluator, *call.args[0]));
  std::vector<bool> taken(evaluator.steps().count, false);
  const auto visit = [&](model::LabelsView, const storage::SampleColumns& samples) {
    MarkWindows(range.windows(), samples.timestamps, &taken);
    return evaluator.context().Spend(taken.size());
  };
  RETURN_IF_ERROR(range.ForEach(visit));
  return Complement(evaluator, *call.args[0], taken);
}

constexpr VectorFunction kFunctions[] = {
    {FunctionId::kAbsent, Absent},
    {FunctionId::kAbsentOverTime, AbsentOverTime},
};

}  // namespace

std::span<const VectorFunction> AbsenceFunctions() { return kFunctions; }

}  // namespace tidemark::query
