// The arithmetic of binary operators on two numbers, so that a loop over a column is compiled for
// each operator.
#pragma once

#include <cmath>

#include "base/check.h"
#include "query/parser/ast.h"

namespace tidemark::query {

// Calls f with a functor double(double, double). REQUIRES: `op` is arithmetic.
template <typename F>
auto WithArithmetic(BinaryOp op, F f) {
  switch (op) {
    case BinaryOp::kAdd:
      return f([](double a, double b) { return a + b; });
    case BinaryOp::kSubtract:
      return f([](double a, double b) { return a - b; });
    case BinaryOp::kMultiply:
      return f([](double a, double b) { return a * b; });
    case BinaryOp::kDivide:
      return f([](double a, double b) { return a / b; });
    case BinaryOp::kModulo:
      return f([](double a, double b) { return std::fmod(a, b); });
    case BinaryOp::kPower:
      return f([](double a, double b) { return std::pow(a, b); });
    default:
      TIDEMARK_DCHECK(op == BinaryOp::kAtan2, "not arithmetic: {}", static_cast<int>(op));
      return f([](double a, double b) { return std::atan2(a, b); });
  }
}

// Calls f with a functor bool(double, double). REQUIRES: IsComparison(op).
template <typename F>
auto WithComparison(BinaryOp op, F f) {
  switch (op) {
    case BinaryOp::kEqual:
      return f([](double a, double b) { return a == b; });
    case BinaryOp::kNotEqual:
      return f([](double a, double b) { return a != b; });
    case BinaryOp::kLess:
      return f([](double a, double b) { return a < b; });
    case BinaryOp::kLessOrEqual:
      return f([](double a, double b) { return a <= b; });
    case BinaryOp::kGreater:
      return f([](double a, double b) { return a > b; });
    default:
      TIDEMARK_DCHECK(op == BinaryOp::kGreaterOrEqual, "no comparison: {}", static_cast<int>(op));
      return f([](double a, double b) { return a >= b; });
  }
}

// Whether the operator trims native histograms, of which there are none here.
inline bool IsTrim(BinaryOp op) { return op == BinaryOp::kTrimUpper || op == BinaryOp::kTrimLower; }

}  // namespace tidemark::query
