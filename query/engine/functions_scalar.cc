// Functions whose value is a scalar.
#include <cmath>
#include <limits>
#include <numbers>

#include "base/status_macros.h"
#include "query/engine/functions.h"

namespace tidemark::query {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

absl::StatusOr<ScalarColumn> Constant(Evaluator& evaluator, double v) {
  return ScalarColumn(evaluator.steps().count, v);
}

absl::StatusOr<ScalarColumn> Time(Evaluator& evaluator, const Call& /*call*/) {
  ScalarColumn column(evaluator.steps().count);
  for (size_t step = 0; step < column.size(); ++step) {
    column[step] = ToSeconds(evaluator.steps().At(step));
  }
  return column;
}

// The value where there is exactly one series.
absl::StatusOr<ScalarColumn> Scalar(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(const StepVector vector, evaluator.Vector(*call.args[0]));
  ScalarColumn column(vector.steps(), kNan);
  std::vector<bool> taken(vector.steps(), false);
  for (const Row& row : vector.rows()) {
    vector.ForEachPresent(row, [&](size_t step) {
      column[step] = taken[step] ? kNan : row.values[step];
      taken[step] = true;
    });
    RETURN_IF_ERROR(evaluator.context().Spend(vector.steps()));
  }
  return column;
}

template <double (*kFunction)(double, double)>
absl::StatusOr<ScalarColumn> OfTwo(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(ScalarColumn a, evaluator.Scalar(*call.args[0]));
  ASSIGN_OR_RETURN(const ScalarColumn b, evaluator.Scalar(*call.args[1]));
  for (size_t step = 0; step < a.size(); ++step) {
    const bool nan = std::isnan(a[step]) || std::isnan(b[step]);
    a[step] = nan ? kNan : kFunction(a[step], b[step]);
  }
  return a;
}

constexpr ScalarFunction kFunctions[] = {
    {FunctionId::kTime, Time},
    {FunctionId::kScalar, Scalar},
    {FunctionId::kPi,
     [](Evaluator& evaluator, const Call&) { return Constant(evaluator, std::numbers::pi); }},
    {FunctionId::kStart,
     [](Evaluator& evaluator, const Call&) {
       return Constant(evaluator, ToSeconds(evaluator.context().times().start));
     }},
    {FunctionId::kEnd,
     [](Evaluator& evaluator, const Call&) {
       return Constant(evaluator, ToSeconds(evaluator.context().query_end()));
     }},
    {FunctionId::kRange,
     [](Evaluator& evaluator, const Call&) {
       const EvalContext& context = evaluator.context();
       return Constant(evaluator, ToSeconds(context.query_end() - context.times().start));
     }},
    {FunctionId::kStep,
     [](Evaluator& evaluator, const Call&) {
       return Constant(evaluator, ToSeconds(evaluator.context().times().step_ms));
     }},
    {FunctionId::kMinOf, OfTwo<[](double a, double b) { return std::fmin(a, b); }>},
    {FunctionId::kMaxOf, OfTwo<[](double a, double b) { return std::fmax(a, b); }>},
};

}  // namespace

std::span<const ScalarFunction> ScalarFunctions() { return kFunctions; }

}  // namespace tidemark::query
