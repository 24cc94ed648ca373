#include "alert/check/internal/vector_shape.h"

#include "alert/check/internal/expr_walk.h"
#include "alert/check/internal/matching.h"

namespace tidemark::alert {
namespace {

using query::As;
using query::Expr;
using query::ExprKind;
using query::FunctionId;

VectorShape OfSelector(const query::VectorSelector& selector) {
  VectorShape shape;
  const std::optional<Component> component = ComponentOf(MetricOf(selector));
  if (component.has_value()) {
    shape.components->insert(*component);
  } else {
    shape.components.reset();
  }
  std::set<std::string> pinned;
  for (const model::Matcher& matcher : selector.matchers) {
    if (matcher.type() == model::MatchType::kEqual && !matcher.value().empty()) {
      pinned.insert(matcher.name());
    }
  }
  shape.pinned = LabelFamily::Of(std::move(pinned));
  return shape;
}

void Unite(const VectorShape& other, VectorShape* shape) {
  if (shape->components.has_value() && other.components.has_value()) {
    shape->components->insert(other.components->begin(), other.components->end());
  } else {
    shape->components.reset();
  }
  shape->rewritten.insert(other.rewritten.begin(), other.rewritten.end());
  shape->pinned = shape->pinned.Intersect(other.pinned);
}

VectorShape OfCall(const query::Call& call) {
  VectorShape shape;
  for (const query::ExprPtr& arg : call.args) {
    if (arg->type() == query::ValueType::kVector || arg->type() == query::ValueType::kMatrix) {
      shape = ShapeOf(*arg);
      break;
    }
  }
  const bool writes_label =
      call.id() == FunctionId::kLabelReplace || call.id() == FunctionId::kLabelJoin;
  if (writes_label) {
    shape.rewritten.insert(As<query::StringLiteral>(query::StripParens(*call.args[1])).value);
  } else if (call.id() == FunctionId::kAbsent || call.id() == FunctionId::kAbsentOverTime ||
             call.id() == FunctionId::kVector || call.id() == FunctionId::kInfo) {
    shape.components.reset();  // labels of another making
  }
  return shape;
}

VectorShape OfAggregate(const query::Aggregate& aggregate) {
  VectorShape shape = ShapeOf(*aggregate.expr);
  const bool selects = aggregate.op == query::AggregateOp::kTopk ||
                       aggregate.op == query::AggregateOp::kBottomk ||
                       aggregate.op == query::AggregateOp::kLimitk ||
                       aggregate.op == query::AggregateOp::kLimitRatio;
  if (selects) {
    return shape;
  }
  shape.labels = shape.labels.Intersect(GroupedLabels(aggregate));
  if (aggregate.op == query::AggregateOp::kCountValues) {
    shape.components.reset();
  }
  return shape;
}

VectorShape OfVectors(const query::Binary& binary) {
  const query::VectorMatching& matching = binary.matching;
  const bool many_right = matching.cardinality == query::VectorMatching::Cardinality::kOneToMany;
  VectorShape shape = ShapeOf(many_right ? *binary.rhs : *binary.lhs);
  const VectorShape other = ShapeOf(many_right ? *binary.lhs : *binary.rhs);
  if (binary.op == query::BinaryOp::kOr) {
    Unite(other, &shape);
    shape.labels = LabelFamily::All();
    return shape;
  }
  shape.rewritten.insert(matching.include.begin(), matching.include.end());
  const bool one_to_one = matching.cardinality == query::VectorMatching::Cardinality::kOneToOne;
  if (one_to_one) {
    shape.labels = shape.labels.Intersect(ComparedLabels(matching));
  }
  return shape;
}

VectorShape OfBinary(const query::Binary& binary) {
  if (binary.between_vectors()) {
    return OfVectors(binary);
  }
  return ShapeOf(binary.lhs->type() == query::ValueType::kVector ? *binary.lhs : *binary.rhs);
}

}  // namespace

VectorShape ShapeOf(const Expr& expr) {
  switch (expr.kind()) {
    case ExprKind::kVectorSelector:
      return OfSelector(As<query::VectorSelector>(expr));
    case ExprKind::kCall:
      return OfCall(As<query::Call>(expr));
    case ExprKind::kAggregate:
      return OfAggregate(As<query::Aggregate>(expr));
    case ExprKind::kBinary:
      return OfBinary(As<query::Binary>(expr));
    default:
      break;
  }
  const std::vector<const Expr*> children = ChildrenOf(expr);
  return children.empty() ? VectorShape() : ShapeOf(*children.front());
}

}  // namespace tidemark::alert
