#include "query/parser/functions.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

namespace tidemark::query {
namespace {

constexpr ValueType kScalar = ValueType::kScalar;
constexpr ValueType kString = ValueType::kString;
constexpr ValueType kVector = ValueType::kVector;
constexpr ValueType kMatrix = ValueType::kMatrix;
constexpr int kUnlimited = FunctionSignature::kUnlimited;

using Types = std::initializer_list<ValueType>;

constexpr FunctionSignature Variadic(FunctionId id, std::string_view name, ValueType result,
                                     int min_arguments, int max_arguments, Types types) {
  FunctionSignature f{id, name, result, min_arguments, max_arguments, 0, {}, false};
  for (const ValueType type : types) {
    f.types[static_cast<size_t>(f.declared_types++)] = type;
  }
  return f;
}

constexpr FunctionSignature Fixed(FunctionId id, std::string_view name, ValueType result,
                                  Types types) {
  const int n = static_cast<int>(types.size());
  return Variadic(id, name, result, n, n, types);
}

constexpr FunctionSignature Experimental(FunctionSignature f) {
  f.experimental = true;
  return f;
}

// A vector from an instant vector, as most functions are.
constexpr FunctionSignature OfVector(FunctionId id, std::string_view name) {
  return Fixed(id, name, kVector, {kVector});
}
constexpr FunctionSignature OfMatrix(FunctionId id, std::string_view name) {
  return Fixed(id, name, kVector, {kMatrix});
}
// hour(), hour(v)
constexpr FunctionSignature OfDate(FunctionId id, std::string_view name) {
  return Variadic(id, name, kVector, 0, 1, {kVector});
}

using Id = FunctionId;

// In order of name.
constexpr FunctionSignature kFunctions[] = {
    OfVector(Id::kAbs, "abs"),
    OfVector(Id::kAbsent, "absent"),
    OfMatrix(Id::kAbsentOverTime, "absent_over_time"),
    OfVector(Id::kAcos, "acos"),
    OfVector(Id::kAcosh, "acosh"),
    OfVector(Id::kAsin, "asin"),
    OfVector(Id::kAsinh, "asinh"),
    OfVector(Id::kAtan, "atan"),
    OfVector(Id::kAtanh, "atanh"),
    OfMatrix(Id::kAvgOverTime, "avg_over_time"),
    OfVector(Id::kCeil, "ceil"),
    OfMatrix(Id::kChanges, "changes"),
    Fixed(Id::kClamp, "clamp", kVector, {kVector, kScalar, kScalar}),
    Fixed(Id::kClampMax, "clamp_max", kVector, {kVector, kScalar}),
    Fixed(Id::kClampMin, "clamp_min", kVector, {kVector, kScalar}),
    OfVector(Id::kCos, "cos"),
    OfVector(Id::kCosh, "cosh"),
    OfMatrix(Id::kCountOverTime, "count_over_time"),
    OfDate(Id::kDayOfMonth, "day_of_month"),
    OfDate(Id::kDayOfWeek, "day_of_week"),
    OfDate(Id::kDayOfYear, "day_of_year"),
    OfDate(Id::kDaysInMonth, "days_in_month"),
    OfVector(Id::kDeg, "deg"),
    OfMatrix(Id::kDelta, "delta"),
    OfMatrix(Id::kDeriv, "deriv"),
    Experimental(Fixed(Id::kDoubleExponentialSmoothing, "double_exponential_smoothing", kVector,
                       {kMatrix, kScalar, kScalar})),
    Experimental(Fixed(Id::kEnd, "end", kScalar, {})),
    OfVector(Id::kExp, "exp"),
    OfMatrix(Id::kFirstOverTime, "first_over_time"),
    OfVector(Id::kFloor, "floor"),
    OfVector(Id::kHistogramAvg, "histogram_avg"),
    OfVector(Id::kHistogramCount, "histogram_count"),
    Fixed(Id::kHistogramFraction, "histogram_fraction", kVector, {kScalar, kScalar, kVector}),
    Fixed(Id::kHistogramQuantile, "histogram_quantile", kVector, {kScalar, kVector}),
    Experimental(Variadic(Id::kHistogramQuantiles, "histogram_quantiles", kVector, 3, 12,
                          {kVector, kString, kScalar})),
    OfVector(Id::kHistogramStddev, "histogram_stddev"),
    OfVector(Id::kHistogramStdvar, "histogram_stdvar"),
    OfVector(Id::kHistogramSum, "histogram_sum"),
    OfDate(Id::kHour, "hour"),
    OfMatrix(Id::kIdelta, "idelta"),
    OfMatrix(Id::kIncrease, "increase"),
    Experimental(Variadic(Id::kInfo, "info", kVector, 1, 2, {kVector, kVector})),
    OfMatrix(Id::kIrate, "irate"),
    Variadic(Id::kLabelJoin, "label_join", kVector, 3, kUnlimited,
             {kVector, kString, kString, kString}),
    Fixed(Id::kLabelReplace, "label_replace", kVector,
          {kVector, kString, kString, kString, kString}),
    OfMatrix(Id::kLastOverTime, "last_over_time"),
    OfVector(Id::kLn, "ln"),
    OfVector(Id::kLog10, "log10"),
    OfVector(Id::kLog2, "log2"),
    Experimental(OfMatrix(Id::kMadOverTime, "mad_over_time")),
    Experimental(Fixed(Id::kMaxOf, "max_of", kScalar, {kScalar, kScalar})),
    OfMatrix(Id::kMaxOverTime, "max_over_time"),
    Experimental(Fixed(Id::kMinOf, "min_of", kScalar, {kScalar, kScalar})),
    OfMatrix(Id::kMinOverTime, "min_over_time"),
    OfDate(Id::kMinute, "minute"),
    OfDate(Id::kMonth, "month"),
    Fixed(Id::kPi, "pi", kScalar, {}),
    Fixed(Id::kPredictLinear, "predict_linear", kVector, {kMatrix, kScalar}),
    OfMatrix(Id::kPresentOverTime, "present_over_time"),
    Fixed(Id::kQuantileOverTime, "quantile_over_time", kVector, {kScalar, kMatrix}),
    OfVector(Id::kRad, "rad"),
    Experimental(Fixed(Id::kRange, "range", kScalar, {})),
    OfMatrix(Id::kRate, "rate"),
    OfMatrix(Id::kResets, "resets"),
    Variadic(Id::kRound, "round", kVector, 1, 2, {kVector, kScalar}),
    Fixed(Id::kScalar, "scalar", kScalar, {kVector}),
    OfVector(Id::kSgn, "sgn"),
    OfVector(Id::kSin, "sin"),
    OfVector(Id::kSinh, "sinh"),
    OfVector(Id::kSort, "sort"),
    Experimental(
        Variadic(Id::kSortByLabel, "sort_by_label", kVector, 1, kUnlimited, {kVector, kString})),
    Experimental(Variadic(Id::kSortByLabelDesc, "sort_by_label_desc", kVector, 1, kUnlimited,
                          {kVector, kString})),
    OfVector(Id::kSortDesc, "sort_desc"),
    OfVector(Id::kSqrt, "sqrt"),
    Experimental(Fixed(Id::kStart, "start", kScalar, {})),
    Experimental(OfVector(Id::kStartTimestamp, "start_timestamp")),
    OfMatrix(Id::kStddevOverTime, "stddev_over_time"),
    OfMatrix(Id::kStdvarOverTime, "stdvar_over_time"),
    Experimental(Fixed(Id::kStep, "step", kScalar, {})),
    OfMatrix(Id::kSumOverTime, "sum_over_time"),
    OfVector(Id::kTan, "tan"),
    OfVector(Id::kTanh, "tanh"),
    Fixed(Id::kTime, "time", kScalar, {}),
    OfVector(Id::kTimestamp, "timestamp"),
    Experimental(OfMatrix(Id::kTsOfFirstOverTime, "ts_of_first_over_time")),
    Experimental(OfMatrix(Id::kTsOfLastOverTime, "ts_of_last_over_time")),
    Experimental(OfMatrix(Id::kTsOfMaxOverTime, "ts_of_max_over_time")),
    Experimental(OfMatrix(Id::kTsOfMinOverTime, "ts_of_min_over_time")),
    Fixed(Id::kVector, "vector", kVector, {kScalar}),
    OfDate(Id::kYear, "year"),
};

constexpr bool ByName(const FunctionSignature& a, const FunctionSignature& b) {
  return a.name < b.name;
}
static_assert(std::is_sorted(std::begin(kFunctions), std::end(kFunctions), ByName));

}  // namespace

const FunctionSignature* FindFunction(std::string_view name) {
  const auto* it = std::lower_bound(
      std::begin(kFunctions), std::end(kFunctions), name,
      [](const FunctionSignature& f, std::string_view wanted) { return f.name < wanted; });
  return it != std::end(kFunctions) && it->name == name ? it : nullptr;
}

}  // namespace tidemark::query
