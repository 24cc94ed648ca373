// Lengths of time in expressions: the text form ("1h30m"), and durations that are only known when
// a query runs because they mention its step or range.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/parser/position.h"

namespace tidemark::query {

// "1y2w3d4h5m6s7ms": units in falling order, each at most once; a year is 365 days, a week 7.
absl::StatusOr<int64_t> ParseDurationMs(std::string_view text);

// The canonical text: years and weeks only where they divide exactly, else days, hours, minutes,
// seconds and milliseconds; "0s" for zero. A negative one begins with '-'.
std::string FormatDuration(int64_t ms);

// What step() and range() stand for in a duration.
struct QueryTimes {
  int64_t step_ms = 0;   // zero for an instant query
  int64_t range_ms = 0;  // end - start
};

// DurationExpr is arithmetic over lengths of time: `step() * 2`, `max_of(5m, range())`.
// Immutable; values are in seconds.
struct DurationExpr {
  enum class Op {
    kNumber,    // seconds, written as a number
    kDuration,  // seconds, written with units
    kStep,
    kRange,
    kMinOf,
    kMaxOf,
    kMinus,  // unary, operand in lhs
    kParen,  // operand in lhs
    kAdd,
    kSubtract,
    kMultiply,
    kDivide,
    kModulo,
    kPower,
  };

  Op op = Op::kNumber;
  double seconds = 0;  // of kNumber and kDuration
  std::unique_ptr<const DurationExpr> lhs;
  std::unique_ptr<const DurationExpr> rhs;
  PositionRange position;
};

// Duration is a length of time in the tree: a constant, or an expression whose value `ms` is
// filled in by ResolveDurations() before evaluation.
struct Duration {
  int64_t ms = 0;
  std::unique_ptr<const DurationExpr> expr;  // null when `ms` is all there is

  bool constant() const { return expr == nullptr; }
};

}  // namespace tidemark::query
