// The family is derived bottom-up. Invariant, for each node that reads series and has a family
// that is not empty: the node gives nothing when there are no series, and each series of its value
// has, for the labels of the family, the values of all the series it was computed from. Nodes that
// could break it (absent(), scalar(), `or vector(0)`) have the empty family, and so has everything
// above them. Nodes that read no series are the same in every partition and bind nothing.
#include "alert/check/partition.h"

#include "alert/check/internal/expr_walk.h"
#include "alert/check/internal/matching.h"

namespace tidemark::alert {
namespace {

using query::As;
using query::BinaryOp;
using query::Expr;
using query::ExprKind;
using query::FunctionId;
using query::VectorMatching;

std::set<std::string> SetOf(const std::vector<std::string>& names) {
  return {names.begin(), names.end()};
}

std::string TextOf(const Expr& expr) {
  const Expr& bare = query::StripParens(expr);
  return bare.kind() == ExprKind::kStringLiteral ? As<query::StringLiteral>(bare).value : "";
}

LabelFamily OfArguments(const query::Call& call) {
  LabelFamily family = LabelFamily::All();
  for (const query::ExprPtr& arg : call.args) {
    if (ReadsSeries(*arg)) {
      family = family.Intersect(PartitionOf(*arg));
    }
  }
  return family;
}

LabelFamily OfCall(const query::Call& call) {
  switch (call.id()) {
    case FunctionId::kAbsent:
    case FunctionId::kAbsentOverTime:
    case FunctionId::kScalar:
    case FunctionId::kInfo:
      return LabelFamily::None();
    case FunctionId::kLabelReplace:
    case FunctionId::kLabelJoin:
      return OfArguments(call).Without({TextOf(*call.args[1])});
    case FunctionId::kHistogramQuantile:
    case FunctionId::kHistogramFraction:
      return OfArguments(call).Without({"le"});
    case FunctionId::kHistogramQuantiles:
      return OfArguments(call).Without({"le", TextOf(*call.args[1])});
    default:
      return OfArguments(call);
  }
}

LabelFamily OfAggregate(const query::Aggregate& aggregate) {
  if (aggregate.param != nullptr && ReadsSeries(*aggregate.param)) {
    return LabelFamily::None();
  }
  const LabelFamily family = PartitionOf(*aggregate.expr).Intersect(GroupedLabels(aggregate));
  return aggregate.op == query::AggregateOp::kCountValues
             ? family.Without({TextOf(*aggregate.param)})
             : family;
}

// One operand is a vector that is the same in every partition.
LabelFamily OfConstantOperand(const query::Binary& binary, bool lhs_reads) {
  const LabelFamily varying = PartitionOf(lhs_reads ? *binary.lhs : *binary.rhs);
  const VectorMatching& matching = binary.matching;
  switch (binary.op) {
    case BinaryOp::kOr:
      return LabelFamily::None();  // the constant's series would be in every partition
    case BinaryOp::kAnd:
    case BinaryOp::kUnless:
      if (lhs_reads) {
        return varying;  // each series stands or falls by itself
      }
      return binary.op == BinaryOp::kAnd ? varying.Intersect(ComparedLabels(matching))
                                         : LabelFamily::None();
    default:
      return varying.Intersect(ComparedLabels(matching)).Without(SetOf(matching.include));
  }
}

LabelFamily OfVectors(const query::Binary& binary) {
  const VectorMatching& matching = binary.matching;
  const bool lhs_reads = ReadsSeries(*binary.lhs);
  const bool fills = matching.fill_left.has_value() || matching.fill_right.has_value();
  if (lhs_reads != ReadsSeries(*binary.rhs)) {
    return fills ? LabelFamily::None() : OfConstantOperand(binary, lhs_reads);
  }
  return PartitionOf(*binary.lhs)
      .Intersect(PartitionOf(*binary.rhs))
      .Intersect(ComparedLabels(matching))
      .Without(matching.on ? std::set<std::string>() : SetOf(matching.include));
}

LabelFamily OfBinary(const query::Binary& binary) {
  if (binary.between_vectors()) {
    return OfVectors(binary);
  }
  LabelFamily family = LabelFamily::All();
  for (const Expr* operand : {binary.lhs.get(), binary.rhs.get()}) {
    if (ReadsSeries(*operand)) {
      family = family.Intersect(PartitionOf(*operand));
    }
  }
  return family;
}

}  // namespace

bool ReadsSeries(const Expr& expr) {
  bool reads = false;
  ForEachNode(expr,
              [&](const Expr& node) { reads = reads || node.kind() == ExprKind::kVectorSelector; });
  return reads;
}

bool ReadsUnnamedSeries(const Expr& expr) {
  bool reads = false;
  ForEachNode(expr, [&](const Expr& node) {
    reads = reads ||
            (node.kind() == ExprKind::kCall && As<query::Call>(node).id() == FunctionId::kInfo);
  });
  return reads;
}

LabelFamily PartitionOf(const Expr& expr) {
  if (!ReadsSeries(expr)) {
    return LabelFamily::None();
  }
  switch (expr.kind()) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
      return LabelFamily::None();
    case ExprKind::kVectorSelector:
    case ExprKind::kMatrixSelector:
      return LabelFamily::All();
    case ExprKind::kSubquery:
      return PartitionOf(*As<query::Subquery>(expr).expr);
    case ExprKind::kCall:
      return OfCall(As<query::Call>(expr));
    case ExprKind::kAggregate:
      return OfAggregate(As<query::Aggregate>(expr));
    case ExprKind::kBinary:
      return OfBinary(As<query::Binary>(expr));
    case ExprKind::kUnary:
      return PartitionOf(*As<query::Unary>(expr).expr);
    case ExprKind::kParen:
      return PartitionOf(*As<query::Paren>(expr).expr);
  }
  return LabelFamily::None();
}

bool NeedsWholeScrapes(const LabelFamily& partition, size_t inputs) {
  return inputs > 1 || !(partition == LabelFamily::All());
}

int64_t WorstDelayMs(const LabelFamily& partition, bool ticks, size_t inputs, int64_t tick_ms,
                     int64_t settle_ms) {
  if (partition.empty() || ticks) {
    return tick_ms;
  }
  return NeedsWholeScrapes(partition, inputs) ? settle_ms : 0;
}

}  // namespace tidemark::alert
