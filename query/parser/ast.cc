#include "query/parser/ast.h"

namespace tidemark::query {

const Expr& StripParens(const Expr& expr) {
  const Expr* inner = &expr;
  while (inner->kind() == ExprKind::kParen) {
    inner = As<Paren>(*inner).expr.get();
  }
  return *inner;
}

std::string_view OperatorText(AggregateOp op) {
  constexpr std::string_view kTexts[] = {"sum",     "avg",          "min",    "max",        "count",
                                         "group",   "stddev",       "stdvar", "quantile",   "topk",
                                         "bottomk", "count_values", "limitk", "limit_ratio"};
  return kTexts[static_cast<size_t>(op)];
}

bool HasParameter(AggregateOp op) {
  switch (op) {
    case AggregateOp::kQuantile:
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kCountValues:
    case AggregateOp::kLimitk:
    case AggregateOp::kLimitRatio:
      return true;
    default:
      return false;
  }
}

std::string_view OperatorText(BinaryOp op) {
  constexpr std::string_view kTexts[] = {"+", "-",  "*", "/",  "%",  "^",  "atan2", "==", "!=",
                                         "<", "<=", ">", ">=", "</", ">/", "and",   "or", "unless"};
  return kTexts[static_cast<size_t>(op)];
}

bool IsComparison(BinaryOp op) { return op >= BinaryOp::kEqual && op <= BinaryOp::kGreaterOrEqual; }

bool IsSetOperator(BinaryOp op) { return op >= BinaryOp::kAnd; }

ValueType Binary::type() const {
  const bool scalars = lhs->type() == ValueType::kScalar && rhs->type() == ValueType::kScalar;
  return scalars ? ValueType::kScalar : ValueType::kVector;
}

}  // namespace tidemark::query
