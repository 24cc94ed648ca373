// timestamp() and the fields of dates.
#include "base/status_macros.h"
#include "query/engine/calendar.h"
#include "query/engine/functions.h"
#include "query/engine/selector.h"

namespace tidemark::query {
namespace {

absl::StatusOr<StepVector> EvaluationTimes(Evaluator& evaluator, const Expr& expr) {
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(expr));
  for (const Row& row : vector.rows()) {
    for (size_t step = 0; step < vector.steps(); ++step) {
      row.values[step] = ToSeconds(evaluator.steps().At(step));
    }
    RETURN_IF_ERROR(evaluator.context().Spend(vector.steps()));
  }
  return vector;
}

absl::StatusOr<StepVector> Timestamp(Evaluator& evaluator, const Call& call) {
  const Expr& expr = StripParens(*call.args[0]);
  auto times = expr.kind() == ExprKind::kVectorSelector
                   ? SelectInstant(evaluator, As<VectorSelector>(expr), SampleField::kTime)
                   : EvaluationTimes(evaluator, expr);
  RETURN_IF_ERROR(times.status());
  RETURN_IF_ERROR(DropMetricNames(&evaluator.context(), &*times));
  return times;
}

// When samples began to count is not kept, and where it is not known there is no value.
absl::StatusOr<StepVector> StartTimestamp(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*call.args[0]));
  vector.rows().clear();
  return vector;
}

// One series without labels: the evaluation times.
StepVector Now(Evaluator& evaluator) {
  StepVector vector = evaluator.NewVector();
  const Row row = vector.Add({});
  for (size_t step = 0; step < vector.steps(); ++step) {
    row.Set(step, ToSeconds(evaluator.steps().At(step)));
  }
  return vector;
}

template <auto kField>
absl::StatusOr<StepVector> FieldOfDate(Evaluator& evaluator, const Call& call) {
  StepVector vector = Now(evaluator);
  if (!call.args.empty()) {
    ASSIGN_OR_RETURN(vector, evaluator.Vector(*call.args[0]));
  }
  for (const Row& row : vector.rows()) {
    vector.ForEachPresent(row, [&](size_t step) {
      row.values[step] = static_cast<double>(DateOf(row.values[step]).*kField);
    });
    RETURN_IF_ERROR(evaluator.context().Spend(vector.steps()));
  }
  RETURN_IF_ERROR(DropMetricNames(&evaluator.context(), &vector));
  return vector;
}

constexpr VectorFunction kFunctions[] = {
    {FunctionId::kTimestamp, Timestamp},
    {FunctionId::kStartTimestamp, StartTimestamp},
    {FunctionId::kMinute, FieldOfDate<&Date::minute>},
    {FunctionId::kHour, FieldOfDate<&Date::hour>},
    {FunctionId::kDayOfWeek, FieldOfDate<&Date::day_of_week>},
    {FunctionId::kDayOfMonth, FieldOfDate<&Date::day>},
    {FunctionId::kDayOfYear, FieldOfDate<&Date::day_of_year>},
    {FunctionId::kDaysInMonth, FieldOfDate<&Date::days_in_month>},
    {FunctionId::kMonth, FieldOfDate<&Date::month>},
    {FunctionId::kYear, FieldOfDate<&Date::year>},
};

}  // namespace

std::span<const VectorFunction> TimeFunctions() { return kFunctions; }

}  // namespace tidemark::query
