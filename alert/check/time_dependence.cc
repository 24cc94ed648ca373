// One walk, bottom-up. Each node gets its motion between two moments at which anything can happen:
// a slope, or none when it is not followed. Filters (comparisons, set operators, aggregations that
// select) give the motion of what they let pass; that the choice itself may change is the matter of
// the comparison that made it.
#include "alert/check/time_dependence.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "fmt/format.h"
#include "query/parser/printer.h"

namespace tidemark::alert {
namespace {

using query::AggregateOp;
using query::As;
using query::BinaryOp;
using query::Expr;
using query::ExprKind;
using query::FunctionId;

// How a node's numbers move between two moments.
struct Motion {
  std::optional<double> slope = std::nullopt;     // per second; none: not followed
  std::optional<double> constant = std::nullopt;  // the number itself, when the text tells it
  bool keeps_sign = false;                        // never below zero, and zero stays zero

  bool still() const { return slope == 0.0; }

  static Motion Still() { return {.slope = 0.0}; }
  static Motion Unknown() { return {}; }
  static Motion Sloped(double slope) { return {.slope = slope}; }
  static Motion Number(double value) { return {.slope = 0.0, .constant = value}; }
};

// The subqueries around a node.
struct Surroundings {
  int64_t window_ms = 0;
  int64_t offset_ms = 0;
  bool fixed = false;
};

Surroundings Inside(const Surroundings& outer, const query::TimeShift& shift, int64_t window_ms) {
  const bool fixed = shift.at != query::TimeShift::At::kNone;
  return {outer.window_ms + window_ms, fixed ? shift.offset.ms : outer.offset_ms + shift.offset.ms,
          outer.fixed || fixed};
}

class Walk {
 public:
  Walk(int64_t lookback_ms, TimeDependence* found) : lookback_ms_(lookback_ms), found_(found) {}

  Motion Visit(const Expr& expr, const Surroundings& around, const std::string& function);

 private:
  Motion VisitSelector(const query::VectorSelector& selector, int64_t range_ms,
                       const Surroundings& around, const std::string& function);
  Motion VisitSubquery(const query::Subquery& subquery, const Surroundings& around);
  Motion VisitCall(const query::Call& call, const Surroundings& around);
  Motion VisitAggregate(const query::Aggregate& aggregate, const Surroundings& around);
  Motion VisitBinary(const query::Binary& binary, const Surroundings& around);
  void Compare(const query::Binary& binary, const Motion& lhs, const Motion& rhs, int before);
  void Tick(const Expr& expr);
  // What extrapolates below `expr`, of which there were `before` outside, decides what it gives.
  void NoteExtrapolation(const Expr& expr, int before);

  const int64_t lookback_ms_;
  TimeDependence* const found_;
  int extrapolating_ = 0;  // calls seen
};

// Whether the call's range is of a selector, and ends where it says.
bool ExtrapolatesSelector(const query::Call& call) {
  const Expr* arg = call.args.front().get();
  while (arg->kind() == ExprKind::kParen) {
    arg = As<query::Paren>(*arg).expr.get();
  }
  if (arg->kind() != ExprKind::kMatrixSelector) {
    return false;
  }
  const query::VectorSelector& selector = *As<query::MatrixSelector>(*arg).selector;
  return !selector.anchored && !selector.smoothed;
}

Motion Walk::VisitSelector(const query::VectorSelector& selector, int64_t range_ms,
                           const Surroundings& around, const std::string& function) {
  const int64_t own = range_ms > 0 ? range_ms : lookback_ms_;
  const Surroundings here = Inside(around, selector.shift, own);
  found_->inputs.push_back({&selector, range_ms > 0 ? function : "", range_ms, here.window_ms,
                            here.offset_ms, here.fixed});
  if (selector.anchored || selector.smoothed) {
    Tick(selector);  // reads beyond its range, by how much depends on the samples
  }
  return Motion::Still();
}

// Its values are those at the steps, which stand still.
Motion Walk::VisitSubquery(const query::Subquery& subquery, const Surroundings& around) {
  found_->subquery = true;
  TimeDependence inner;
  Walk walk(lookback_ms_, &inner);
  walk.Visit(*subquery.expr, Inside(around, subquery.shift, subquery.range.ms), "");
  std::ranges::move(inner.inputs, std::back_inserter(found_->inputs));
  return Motion::Still();
}

// What becomes of the motion of a function's first operand.
Motion Walk::VisitCall(const query::Call& call, const Surroundings& around) {
  std::vector<Motion> args;
  bool all_still = true;
  for (const query::ExprPtr& arg : call.args) {
    args.push_back(Visit(*arg, around, std::string(call.function->name)));
    all_still = all_still && args.back().still();
  }
  switch (call.id()) {
    case FunctionId::kTime:
      return Motion::Sloped(1);
    case FunctionId::kMinute:
    case FunctionId::kHour:
    case FunctionId::kDayOfWeek:
    case FunctionId::kDayOfMonth:
    case FunctionId::kDayOfYear:
    case FunctionId::kDaysInMonth:
    case FunctionId::kMonth:
    case FunctionId::kYear:
      found_->calendar = found_->calendar || args.empty();
      return all_still ? Motion::Still() : Motion::Unknown();
    case FunctionId::kRate:
    case FunctionId::kIncrease:
    case FunctionId::kDelta: {
      const bool keeps_sign = call.id() != FunctionId::kDelta;
      if (!ExtrapolatesSelector(call)) {
        return {.slope = std::nullopt, .constant = std::nullopt, .keeps_sign = keeps_sign};
      }
      ++extrapolating_;
      return {.slope = 0, .constant = std::nullopt, .keeps_sign = keeps_sign};
    }
    case FunctionId::kPredictLinear:
      return Motion::Unknown();
    case FunctionId::kVector:
    case FunctionId::kScalar:
    case FunctionId::kSort:
    case FunctionId::kSortDesc:
    case FunctionId::kSortByLabel:
    case FunctionId::kSortByLabelDesc:
    case FunctionId::kLabelReplace:
    case FunctionId::kLabelJoin:
      return args.front();
    case FunctionId::kAbsent:
    case FunctionId::kAbsentOverTime:
    case FunctionId::kTimestamp:
      return Motion::Still();
    default:
      return all_still ? Motion::Still() : Motion::Unknown();
  }
}

Motion Walk::VisitAggregate(const query::Aggregate& aggregate, const Surroundings& around) {
  if (aggregate.param != nullptr) {
    Visit(*aggregate.param, around, "");
  }
  const int before = extrapolating_;
  const Motion inner = Visit(*aggregate.expr, around, "");
  switch (aggregate.op) {
    case AggregateOp::kCount:
    case AggregateOp::kGroup:
      return Motion::Still();
    case AggregateOp::kSum:
      if (inner.still() || inner.keeps_sign) {
        return {.slope = inner.slope, .constant = std::nullopt, .keeps_sign = inner.keeps_sign};
      }
      return Motion::Unknown();
    case AggregateOp::kAvg:
    case AggregateOp::kMin:
    case AggregateOp::kMax:
      return {.slope = inner.slope, .constant = std::nullopt, .keeps_sign = inner.keeps_sign};
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
      if (!inner.slope.has_value()) {
        Tick(aggregate);  // the choice may change at any time
      }
      NoteExtrapolation(aggregate, before);
      return {.slope = inner.slope};
    case AggregateOp::kQuantile:
      return {.slope = inner.slope};
    case AggregateOp::kLimitk:
    case AggregateOp::kLimitRatio:
      return inner;
    case AggregateOp::kCountValues:
      if (!inner.still()) {
        Tick(aggregate);  // the values are labels
      }
      NoteExtrapolation(aggregate, before);
      return Motion::Still();
    default:
      return inner.still() ? inner : Motion::Unknown();
  }
}

Motion Product(const Motion& a, const Motion& b) {
  const Motion& moving = a.constant.has_value() ? b : a;
  const std::optional<double> factor = a.constant.has_value() ? a.constant : b.constant;
  if (!factor.has_value()) {
    return a.still() && b.still() ? Motion::Still() : Motion::Unknown();
  }
  Motion product;
  if (moving.slope.has_value()) {
    product.slope = moving.still() ? 0 : *moving.slope * *factor;
  }
  product.keeps_sign = moving.keeps_sign && *factor > 0;
  return product;
}

std::optional<double> Fold(BinaryOp op, double a, double b) {
  switch (op) {
    case BinaryOp::kAdd:
      return a + b;
    case BinaryOp::kSubtract:
      return a - b;
    case BinaryOp::kMultiply:
      return a * b;
    case BinaryOp::kDivide:
      return a / b;
    default:
      return std::nullopt;
  }
}

Motion Combine(BinaryOp op, const Motion& a, const Motion& b) {
  if (a.constant.has_value() && b.constant.has_value()) {
    const std::optional<double> value = Fold(op, *a.constant, *b.constant);
    return value.has_value() ? Motion::Number(*value) : Motion::Still();
  }
  switch (op) {
    case BinaryOp::kAdd:
      return {.slope = a.slope.has_value() && b.slope.has_value()
                           ? std::optional(*a.slope + *b.slope)
                           : std::nullopt,
              .constant = std::nullopt,
              .keeps_sign = a.keeps_sign && b.keeps_sign};
    case BinaryOp::kSubtract:
      return a.slope.has_value() && b.slope.has_value() ? Motion::Sloped(*a.slope - *b.slope)
                                                        : Motion::Unknown();
    case BinaryOp::kMultiply:
      return Product(a, b);
    case BinaryOp::kDivide:
      if (b.constant.has_value() && *b.constant != 0) {
        return Product(a, Motion::Number(1 / *b.constant));
      }
      return a.still() && b.still() ? Motion::Still() : Motion::Unknown();
    default:
      return a.still() && b.still() ? Motion::Still() : Motion::Unknown();
  }
}

void Walk::NoteExtrapolation(const Expr& expr, int before) {
  if (extrapolating_ > before) {
    found_->gap_reasons.push_back(query::ToString(expr));
  }
}

void Walk::Tick(const Expr& expr) { found_->tick_reasons.push_back(query::ToString(expr)); }

// `increase(x[5m]) > 0` changes only when a sample comes or goes.
bool ComparesSignOnly(const Motion& moving, const Motion& other) {
  return moving.keeps_sign && other.constant == 0.0;
}

void Walk::Compare(const query::Binary& binary, const Motion& lhs, const Motion& rhs, int before) {
  if (ComparesSignOnly(lhs, rhs) || ComparesSignOnly(rhs, lhs)) {
    return;
  }
  NoteExtrapolation(binary, before);
  if (!lhs.slope.has_value() || !rhs.slope.has_value()) {
    return Tick(binary);
  }
  if (*lhs.slope != *rhs.slope) {
    found_->crossings.push_back({&binary, *lhs.slope - *rhs.slope});
  }
}

Motion Walk::VisitBinary(const query::Binary& binary, const Surroundings& around) {
  const int before = extrapolating_;
  const Motion lhs = Visit(*binary.lhs, around, "");
  const Motion rhs = Visit(*binary.rhs, around, "");
  if (query::IsComparison(binary.op)) {
    Compare(binary, lhs, rhs, before);
    const bool scalars = binary.type() == query::ValueType::kScalar;
    if (binary.return_bool || scalars) {
      return Motion::Still();
    }
    // A filter lets the vector pass, the left one of two.
    return binary.lhs->type() == query::ValueType::kVector ? lhs : rhs;
  }
  switch (binary.op) {
    case BinaryOp::kAnd:
    case BinaryOp::kUnless:
      return lhs;
    case BinaryOp::kOr:
      return {.slope = lhs.slope == rhs.slope ? lhs.slope : std::nullopt,
              .constant = std::nullopt,
              .keeps_sign = (lhs.keeps_sign || lhs.constant >= 0.0) &&
                            (rhs.keeps_sign || rhs.constant >= 0.0)};
    default:
      return Combine(binary.op, lhs, rhs);
  }
}

Motion Walk::Visit(const Expr& expr, const Surroundings& around, const std::string& function) {
  switch (expr.kind()) {
    case ExprKind::kNumberLiteral:
      return Motion::Number(As<query::NumberLiteral>(expr).value);
    case ExprKind::kStringLiteral:
      return Motion::Still();
    case ExprKind::kVectorSelector:
      return VisitSelector(As<query::VectorSelector>(expr), 0, around, function);
    case ExprKind::kMatrixSelector: {
      const auto& matrix = As<query::MatrixSelector>(expr);
      return VisitSelector(*matrix.selector, matrix.range.ms, around, function);
    }
    case ExprKind::kSubquery:
      return VisitSubquery(As<query::Subquery>(expr), around);
    case ExprKind::kCall:
      return VisitCall(As<query::Call>(expr), around);
    case ExprKind::kAggregate:
      return VisitAggregate(As<query::Aggregate>(expr), around);
    case ExprKind::kBinary:
      return VisitBinary(As<query::Binary>(expr), around);
    case ExprKind::kUnary: {
      const auto& unary = As<query::Unary>(expr);
      const Motion inner = Visit(*unary.expr, around, "");
      return unary.negative ? Combine(BinaryOp::kMultiply, inner, Motion::Number(-1)) : inner;
    }
    case ExprKind::kParen:
      return Visit(*As<query::Paren>(expr).expr, around, function);
  }
  return Motion::Unknown();
}

}  // namespace

TimeDependence TimeDependenceOf(const Expr& expr, int64_t lookback_ms) {
  TimeDependence found;
  Walk(lookback_ms, &found).Visit(expr, {}, "");
  return found;
}

}  // namespace tidemark::alert
