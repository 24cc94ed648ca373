// The functions of PromQL: what they are called, what they take and what they give. What they
// compute is the engine's.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "query/parser/value_type.h"

namespace tidemark::query {

// One function per name in PromQL; the engine switches over this.
enum class FunctionId : uint8_t {
  kAbs,
  kAbsent,
  kAbsentOverTime,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kAvgOverTime,
  kCeil,
  kChanges,
  kClamp,
  kClampMax,
  kClampMin,
  kCos,
  kCosh,
  kCountOverTime,
  kDayOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kDaysInMonth,
  kDeg,
  kDelta,
  kDeriv,
  kDoubleExponentialSmoothing,
  kEnd,
  kExp,
  kFirstOverTime,
  kFloor,
  kHistogramAvg,
  kHistogramCount,
  kHistogramFraction,
  kHistogramQuantile,
  kHistogramQuantiles,
  kHistogramStddev,
  kHistogramStdvar,
  kHistogramSum,
  kHour,
  kIdelta,
  kIncrease,
  kInfo,
  kIrate,
  kLabelJoin,
  kLabelReplace,
  kLastOverTime,
  kLn,
  kLog10,
  kLog2,
  kMadOverTime,
  kMaxOf,
  kMaxOverTime,
  kMinOf,
  kMinOverTime,
  kMinute,
  kMonth,
  kPi,
  kPredictLinear,
  kPresentOverTime,
  kQuantileOverTime,
  kRad,
  kRange,
  kRate,
  kResets,
  kRound,
  kScalar,
  kSgn,
  kSin,
  kSinh,
  kSort,
  kSortByLabel,
  kSortByLabelDesc,
  kSortDesc,
  kSqrt,
  kStart,
  kStartTimestamp,
  kStddevOverTime,
  kStdvarOverTime,
  kStep,
  kSumOverTime,
  kTan,
  kTanh,
  kTime,
  kTimestamp,
  kTsOfFirstOverTime,
  kTsOfLastOverTime,
  kTsOfMaxOverTime,
  kTsOfMinOverTime,
  kVector,
  kYear,
};

// FunctionSignature is what the type checker knows of a function. All signatures are constants.
struct FunctionSignature {
  static constexpr int kMaxArguments = 5;
  static constexpr int kUnlimited = -1;

  FunctionId id;
  std::string_view name;
  ValueType result;
  int min_arguments;
  int max_arguments;  // kUnlimited: the last declared type repeats
  int declared_types;
  std::array<ValueType, kMaxArguments> types;
  bool experimental;

  // REQUIRES: i is the index of an argument the function may have.
  ValueType TypeOf(int i) const {
    const int last = declared_types - 1;
    return types[static_cast<size_t>(i < last ? i : last)];
  }
};

// Null when there is no function of that name (names are lower case).
const FunctionSignature* FindFunction(std::string_view name);

}  // namespace tidemark::query
