// Functions of each value by itself.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "base/status_macros.h"
#include "query/engine/functions.h"

namespace tidemark::query {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

// NaN if either is, save that, as in Prometheus, -Inf is smaller than NaN, too, and +Inf larger.
// -0 is smaller than 0.
double Smaller(double a, double b) {
  if (a == -kInf || b == -kInf) {
    return -kInf;
  }
  if (std::isnan(a) || std::isnan(b)) {
    return kNan;
  }
  return a == b ? (std::signbit(a) ? a : b) : std::min(a, b);
}
double Larger(double a, double b) { return -Smaller(-a, -b); }

// Prometheus' sinh and cosh reach infinity where exp does.
constexpr double kHyperbolicAsExp = 21;

double HyperbolicCosine(double v) {
  return std::abs(v) > kHyperbolicAsExp ? std::exp(std::abs(v)) * 0.5 : std::cosh(v);
}
double HyperbolicSine(double v) {
  return std::abs(v) > kHyperbolicAsExp ? std::copysign(std::exp(std::abs(v)) * 0.5, v)
                                        : std::sinh(v);
}

double Sign(double v) { return v > 0 ? 1 : v < 0 ? -1 : v; }

double RoundTo(double v, double nearest) {
  const double inverse = 1 / nearest;
  return std::floor(v * inverse + 0.5) / inverse;
}

// Calls f(step, value) -> value on all cells of `vector`, then drops the names.
template <typename F>
absl::StatusOr<StepVector> MapCells(EvalContext& context, StepVector vector, F f) {
  for (const Row& row : vector.rows()) {
    for (size_t step = 0; step < vector.steps(); ++step) {
      row.values[step] = f(step, row.values[step]);
    }
    RETURN_IF_ERROR(context.Spend(vector.steps()));
  }
  RETURN_IF_ERROR(DropMetricNames(&context, &vector));
  return vector;
}

template <double (*kFunction)(double)>
absl::StatusOr<StepVector> Map(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*call.args[0]));
  return MapCells(evaluator.context(), std::move(vector),
                  [](size_t /*step*/, double v) { return kFunction(v); });
}

// The second argument is a scalar, 1 when left out.
template <double (*kFunction)(double, double)>
absl::StatusOr<StepVector> MapWithScalar(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*call.args[0]));
  ScalarColumn scalar(evaluator.steps().count, 1);
  if (call.args.size() > 1) {
    ASSIGN_OR_RETURN(scalar, evaluator.Scalar(*call.args[1]));
  }
  return MapCells(evaluator.context(), std::move(vector),
                  [&](size_t step, double v) { return kFunction(v, scalar[step]); });
}

absl::StatusOr<StepVector> Clamp(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*call.args[0]));
  ASSIGN_OR_RETURN(const ScalarColumn least, evaluator.Scalar(*call.args[1]));
  ASSIGN_OR_RETURN(const ScalarColumn most, evaluator.Scalar(*call.args[2]));
  for (size_t step = 0; step < least.size(); ++step) {
    if (most[step] < least[step]) {
      for (const Row& row : vector.rows()) {
        row.Clear(step);
      }
    }
  }
  vector.DropEmpty();
  return MapCells(evaluator.context(), std::move(vector), [&](size_t step, double v) {
    return Larger(least[step], Smaller(most[step], v));
  });
}

constexpr double kDegreesPerRadian = 180 / std::numbers::pi;

constexpr VectorFunction kFunctions[] = {
    {FunctionId::kAbs, Map<[](double v) { return std::abs(v); }>},
    {FunctionId::kCeil, Map<[](double v) { return std::ceil(v); }>},
    {FunctionId::kFloor, Map<[](double v) { return std::floor(v); }>},
    {FunctionId::kExp, Map<[](double v) { return std::exp(v); }>},
    {FunctionId::kSqrt, Map<[](double v) { return std::sqrt(v); }>},
    {FunctionId::kLn, Map<[](double v) { return std::log(v); }>},
    {FunctionId::kLog2, Map<[](double v) { return std::log2(v); }>},
    {FunctionId::kLog10, Map<[](double v) { return std::log10(v); }>},
    {FunctionId::kSgn, Map<Sign>},
    {FunctionId::kSin, Map<[](double v) { return std::sin(v); }>},
    {FunctionId::kCos, Map<[](double v) { return std::cos(v); }>},
    {FunctionId::kTan, Map<[](double v) { return std::tan(v); }>},
    {FunctionId::kAsin, Map<[](double v) { return std::asin(v); }>},
    {FunctionId::kAcos, Map<[](double v) { return std::acos(v); }>},
    {FunctionId::kAtan, Map<[](double v) { return std::atan(v); }>},
    {FunctionId::kSinh, Map<HyperbolicSine>},
    {FunctionId::kCosh, Map<HyperbolicCosine>},
    {FunctionId::kTanh, Map<[](double v) { return std::tanh(v); }>},
    {FunctionId::kAsinh, Map<[](double v) { return std::asinh(v); }>},
    {FunctionId::kAcosh, Map<[](double v) { return std::acosh(v); }>},
    {FunctionId::kAtanh, Map<[](double v) { return std::atanh(v); }>},
    {FunctionId::kDeg, Map<[](double v) { return v * kDegreesPerRadian; }>},
    {FunctionId::kRad, Map<[](double v) { return v / kDegreesPerRadian; }>},
    {FunctionId::kRound, MapWithScalar<RoundTo>},
    {FunctionId::kClampMin, MapWithScalar<Larger>},
    {FunctionId::kClampMax, MapWithScalar<Smaller>},
    {FunctionId::kClamp, Clamp},
};

}  // namespace

std::span<const VectorFunction> MathFunctions() { return kFunctions; }

}  // namespace tidemark::query
