// The syntax tree of a PromQL expression.
//
// A tree that ParseExpr() gave is well formed: names are known, the types of operands and
// arguments fit, and its depth is at most kMaxTreeDepth, so walking it recursively is safe. A node
// owns its children; nobody else does. The tree does not refer to the text it came from.
// Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/check.h"
#include "model/matcher.h"
#include "query/parser/duration.h"
#include "query/parser/functions.h"
#include "query/parser/position.h"
#include "query/parser/value_type.h"

namespace tidemark::query {

inline constexpr int kMaxTreeDepth = 1000;

enum class ExprKind : uint8_t {
  kNumberLiteral,
  kStringLiteral,
  kVectorSelector,
  kMatrixSelector,
  kSubquery,
  kCall,
  kAggregate,
  kBinary,
  kUnary,
  kParen,
};

// Expr is one node. As<Binary>(expr) gives the node behind kind().
class Expr {
 public:
  virtual ~Expr() = default;

  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;

  ExprKind kind() const { return kind_; }
  // What evaluating the node gives.
  virtual ValueType type() const = 0;

  // The node's place in the query text, first to last token.
  PositionRange position;
  // Nodes on the longest way down, this one included.
  int depth = 1;

 protected:
  explicit Expr(ExprKind kind) : kind_(kind) {}

 private:
  const ExprKind kind_;
};

using ExprPtr = std::unique_ptr<Expr>;

// REQUIRES: expr.kind() == Node::kKind.
template <typename Node>
const Node& As(const Expr& expr) {
  TIDEMARK_DCHECK(expr.kind() == Node::kKind);
  return static_cast<const Node&>(expr);
}
template <typename Node>
Node& As(Expr& expr) {
  TIDEMARK_DCHECK(expr.kind() == Node::kKind);
  return static_cast<Node&>(expr);
}

// `expr` without any parentheses around it.
const Expr& StripParens(const Expr& expr);

// TimeShift is `offset` and `@` after a selector or a subquery. The offset counts from the `@`
// time when there is one, else from the evaluation time.
struct TimeShift {
  enum class At : uint8_t { kNone, kTime, kStart, kEnd };

  Duration offset;  // positive looks back
  At at = At::kNone;
  int64_t at_ms = 0;  // of kTime
};

// 1, 0x1F, Inf; 5m, which is 300.
class NumberLiteral final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kNumberLiteral;

  explicit NumberLiteral(double v, bool written_as_duration = false)
      : Expr(kKind), value(v), is_duration(written_as_duration) {}
  ValueType type() const override { return ValueType::kScalar; }

  double value;
  bool is_duration;  // written with units
};

class StringLiteral final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kStringLiteral;

  explicit StringLiteral(std::string v) : Expr(kKind), value(std::move(v)) {}
  ValueType type() const override { return ValueType::kString; }

  std::string value;
};

// name{label="value"} with its offset and `@`; also the selector inside a MatrixSelector, and the
// label list that is info()'s second argument.
class VectorSelector final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kVectorSelector;

  VectorSelector() : Expr(kKind) {}
  ValueType type() const override { return ValueType::kVector; }

  std::string name;  // empty when the metric name, if any, stands within the braces
  // All tests, the one of `name` (__name__="...") among them, in the order written.
  std::vector<model::Matcher> matchers;
  TimeShift shift;
  bool anchored = false;
  bool smoothed = false;
};

// selector[range]. Offset, `@`, anchored and smoothed are those of the selector.
class MatrixSelector final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kMatrixSelector;

  MatrixSelector() : Expr(kKind) {}
  ValueType type() const override { return ValueType::kMatrix; }

  std::unique_ptr<VectorSelector> selector;
  Duration range;
};

// expr[range:step] with its offset and `@`.
class Subquery final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kSubquery;

  Subquery() : Expr(kKind) {}
  ValueType type() const override { return ValueType::kMatrix; }

  ExprPtr expr;  // an instant vector
  Duration range;
  std::optional<Duration> step;  // none: the server's default
  TimeShift shift;
};

class Call final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kCall;

  explicit Call(const FunctionSignature* f) : Expr(kKind), function(f) {}
  ValueType type() const override { return function->result; }
  FunctionId id() const { return function->id; }

  const FunctionSignature* function;  // a constant, never null
  std::vector<ExprPtr> args;
};

enum class AggregateOp : uint8_t {
  kSum,
  kAvg,
  kMin,
  kMax,
  kCount,
  kGroup,
  kStddev,
  kStdvar,
  kQuantile,
  kTopk,
  kBottomk,
  kCountValues,
  kLimitk,
  kLimitRatio,
};

// "sum", "count_values"
std::string_view OperatorText(AggregateOp op);
// Whether the operator takes a parameter before its vector.
bool HasParameter(AggregateOp op);

class Aggregate final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kAggregate;

  explicit Aggregate(AggregateOp o) : Expr(kKind), op(o) {}
  ValueType type() const override { return ValueType::kVector; }

  AggregateOp op;
  ExprPtr expr;                       // an instant vector
  ExprPtr param;                      // null when the operator has none
  std::vector<std::string> grouping;  // as written
  bool without = false;
};

enum class BinaryOp : uint8_t {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessOrEqual,
  kGreater,
  kGreaterOrEqual,
  kTrimUpper,  // histogram </ scalar
  kTrimLower,  // histogram >/ scalar
  kAnd,
  kOr,
  kUnless,
};

// "+", "==", "unless"
std::string_view OperatorText(BinaryOp op);
// == != < <= > >=, which filter or take `bool`.
bool IsComparison(BinaryOp op);
// and, or, unless.
bool IsSetOperator(BinaryOp op);

// How the series of two vectors find each other.
struct VectorMatching {
  enum class Cardinality : uint8_t { kOneToOne, kManyToOne, kOneToMany, kManyToMany };

  Cardinality cardinality = Cardinality::kOneToOne;  // kManyToOne is group_left
  bool on = false;                   // `labels` are those compared; else those ignored
  std::vector<std::string> labels;   // of on() or ignoring()
  std::vector<std::string> include;  // of group_left() or group_right()
  // The value that stands for a missing partner on that side.
  std::optional<double> fill_left;
  std::optional<double> fill_right;
};

class Binary final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kBinary;

  explicit Binary(BinaryOp o) : Expr(kKind), op(o) {}
  // Scalar if both operands are.
  ValueType type() const override;
  bool between_vectors() const {
    return lhs->type() == ValueType::kVector && rhs->type() == ValueType::kVector;
  }

  BinaryOp op;
  uint32_t op_offset = 0;  // of the operator in the text
  bool return_bool = false;
  ExprPtr lhs;
  ExprPtr rhs;
  VectorMatching matching;  // means something only between_vectors()
};

// + or - before a scalar or an instant vector.
class Unary final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kUnary;

  Unary() : Expr(kKind) {}
  ValueType type() const override { return expr->type(); }

  bool negative = true;
  ExprPtr expr;
};

class Paren final : public Expr {
 public:
  static constexpr ExprKind kKind = ExprKind::kParen;

  Paren() : Expr(kKind) {}
  ValueType type() const override { return expr->type(); }

  ExprPtr expr;
};

// Fills in `ms` of every duration in the tree that is an expression. Called once per query,
// before evaluation; InvalidArgument when one has no usable value.
absl::Status ResolveDurations(const QueryTimes& times, Expr* expr);

}  // namespace tidemark::query
