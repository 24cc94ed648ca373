#include "query/parser/internal/type_checker.h"

#include <algorithm>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/internal/parse_error.h"
#include "query/parser/quote.h"

namespace tidemark::query {
namespace {

bool IsScalarOrVector(const Expr& expr) {
  return expr.type() == ValueType::kScalar || expr.type() == ValueType::kVector;
}

// The type's name in the one message that uses the short ones.
std::string_view ShortName(ValueType type) {
  constexpr std::string_view kTexts[] = {"scalar", "string", "vector", "matrix"};
  return kTexts[static_cast<size_t>(type)];
}

bool IsGrouping(const VectorMatching& matching) {
  return matching.cardinality == VectorMatching::Cardinality::kManyToOne ||
         matching.cardinality == VectorMatching::Cardinality::kOneToMany;
}

bool HasFill(const VectorMatching& matching) { return matching.fill_left || matching.fill_right; }

}  // namespace

absl::Status TypeChecker::Check(Expr* expr) const {
  switch (expr->kind()) {
    case ExprKind::kNumberLiteral:
    case ExprKind::kStringLiteral:
      return absl::OkStatus();
    case ExprKind::kVectorSelector:
      return CheckVectorSelector(As<VectorSelector>(*expr));
    case ExprKind::kMatrixSelector:
      return CheckVectorSelector(*As<MatrixSelector>(*expr).selector);
    case ExprKind::kSubquery:
      return CheckSubquery(&As<Subquery>(*expr));
    case ExprKind::kCall:
      return CheckCall(&As<Call>(*expr));
    case ExprKind::kAggregate:
      return CheckAggregate(&As<Aggregate>(*expr));
    case ExprKind::kBinary:
      return CheckBinary(&As<Binary>(*expr));
    case ExprKind::kUnary:
      return CheckUnary(&As<Unary>(*expr));
    case ExprKind::kParen:
      return Check(As<Paren>(*expr).expr.get());
  }
  return absl::OkStatus();
}

absl::Status TypeChecker::CheckVectorSelector(const VectorSelector& selector) const {
  if (selector.name.empty()) {
    return CheckNotEmpty(selector);
  }
  // The first matcher is that of the name.
  for (size_t i = 1; i < selector.matchers.size(); ++i) {
    const model::Matcher& matcher = selector.matchers[i];
    if (matcher.name() == model::kMetricName) {
      return Error(selector, fmt::format("metric name must not be set twice: {} or {}",
                                         Quote(selector.name), Quote(matcher.value())));
    }
  }
  return absl::OkStatus();
}

absl::Status TypeChecker::CheckNotEmpty(const VectorSelector& selector) const {
  const auto selects = [](const model::Matcher& matcher) { return !matcher.MatchesEmpty(); };
  return std::any_of(selector.matchers.begin(), selector.matchers.end(), selects)
             ? absl::OkStatus()
             : Error(selector, "vector selector must contain at least one non-empty matcher");
}

absl::Status TypeChecker::CheckSubquery(Subquery* subquery) const {
  RETURN_IF_ERROR(Check(subquery->expr.get()));
  const ValueType type = subquery->expr->type();
  return type == ValueType::kVector
             ? absl::OkStatus()
             : Error(*subquery, fmt::format("subquery is only allowed on instant vector, got {} "
                                            "instead",
                                            ShortName(type)));
}

absl::Status TypeChecker::CheckCall(Call* call) const {
  RETURN_IF_ERROR(CheckArgumentCount(*call));
  const bool has_labels = call->id() == FunctionId::kInfo && call->args.size() > 1;
  if (has_labels) {
    RETURN_IF_ERROR(CheckInfoLabels(*call));
  }
  const std::string context = fmt::format("call to function {}", Quote(call->function->name));
  for (size_t i = 0; i < call->args.size(); ++i) {
    // The labels of info() are no selector and may well be empty.
    if (!has_labels || i == 0) {
      RETURN_IF_ERROR(
          Expect(call->args[i].get(), call->function->TypeOf(static_cast<int>(i)), context));
    }
  }
  return absl::OkStatus();
}

absl::Status TypeChecker::CheckArgumentCount(const Call& call) const {
  const FunctionSignature& f = *call.function;
  const auto n = static_cast<int>(call.args.size());
  const auto error = [&](std::string_view bound, int wanted) {
    return Error(call, fmt::format("expected {}{} argument(s) in call to {}, got {}", bound, wanted,
                                   Quote(f.name), n));
  };
  if (f.min_arguments == f.max_arguments) {
    return n == f.min_arguments ? absl::OkStatus() : error("", f.min_arguments);
  }
  if (n < f.min_arguments) {
    return error("at least ", f.min_arguments);
  }
  const bool too_many = f.max_arguments != FunctionSignature::kUnlimited && n > f.max_arguments;
  return too_many ? error("at most ", f.max_arguments) : absl::OkStatus();
}

absl::Status TypeChecker::CheckInfoLabels(const Call& call) const {
  const Expr& labels = *call.args[1];
  if (labels.type() != ValueType::kVector) {
    return Error(call, fmt::format("expected type {} in call to function {}, got {}",
                                   Describe(ValueType::kVector), Quote(call.function->name),
                                   Describe(labels.type())));
  }
  if (labels.kind() != ExprKind::kVectorSelector) {
    return Error(labels, "expected label selectors only");
  }
  return As<VectorSelector>(labels).name.empty()
             ? absl::OkStatus()
             : Error(labels, "expected label selectors only, got vector selector instead");
}

absl::Status TypeChecker::CheckAggregate(Aggregate* aggregate) const {
  RETURN_IF_ERROR(Expect(aggregate->expr.get(), ValueType::kVector, "aggregation expression"));
  if (aggregate->param == nullptr) {
    return absl::OkStatus();
  }
  const bool names_label = aggregate->op == AggregateOp::kCountValues;
  return Expect(aggregate->param.get(), names_label ? ValueType::kString : ValueType::kScalar,
                "aggregation parameter");
}

absl::Status TypeChecker::CheckUnary(Unary* unary) const {
  RETURN_IF_ERROR(Check(unary->expr.get()));
  return IsScalarOrVector(*unary->expr)
             ? absl::OkStatus()
             : Error(*unary, fmt::format("unary expression only allowed on expressions of type "
                                         "scalar or instant vector, got {}",
                                         Quote(Describe(unary->expr->type()))));
}

absl::Status TypeChecker::CheckBinary(Binary* binary) const {
  RETURN_IF_ERROR(Check(binary->lhs.get()));
  RETURN_IF_ERROR(Check(binary->rhs.get()));
  RETURN_IF_ERROR(CheckOperator(*binary));
  RETURN_IF_ERROR(CheckOperands(*binary));
  VectorMatching& matching = binary->matching;
  if (!binary->between_vectors()) {
    RETURN_IF_ERROR(CheckNoMatching(*binary));
    matching = VectorMatching();
  } else if (IsSetOperator(binary->op)) {
    RETURN_IF_ERROR(CheckSetOperator(*binary));
    matching.cardinality = VectorMatching::Cardinality::kManyToMany;
  }
  return absl::OkStatus();
}

// What is said about the operator itself stands where the operator stands.
absl::Status TypeChecker::CheckOperator(const Binary& binary) const {
  const auto error = [&](std::string_view message) {
    return ParseError(text_, binary.op_offset, message);
  };
  if (binary.return_bool && !IsComparison(binary.op)) {
    return error("bool modifier can only be used on comparison operators");
  }
  if (IsComparison(binary.op) && !binary.return_bool && binary.type() == ValueType::kScalar) {
    return error("comparisons between scalars must use BOOL modifier");
  }
  const VectorMatching& matching = binary.matching;
  for (const std::string& label : matching.labels) {
    const bool included = std::find(matching.include.begin(), matching.include.end(), label) !=
                          matching.include.end();
    if (matching.on && included) {
      return error(
          fmt::format("label {} must not occur in ON and GROUP clause at once", Quote(label)));
    }
  }
  return absl::OkStatus();
}

absl::Status TypeChecker::CheckOperands(const Binary& binary) const {
  for (const Expr* operand : {binary.lhs.get(), binary.rhs.get()}) {
    if (!IsScalarOrVector(*operand)) {
      return Error(*operand, "binary expression must contain only scalar and instant vector types");
    }
  }
  return absl::OkStatus();
}

// What is refused when an operand is a scalar.
absl::Status TypeChecker::CheckNoMatching(const Binary& binary) const {
  if (!binary.matching.labels.empty()) {
    return Error(binary, "vector matching only allowed between instant vectors");
  }
  if (HasFill(binary.matching)) {
    return Error(binary, "filling in missing series only allowed between instant vectors");
  }
  return IsSetOperator(binary.op)
             ? Error(binary, fmt::format("set operator {} not allowed in binary scalar expression",
                                         Quote(OperatorText(binary.op))))
             : absl::OkStatus();
}

absl::Status TypeChecker::CheckSetOperator(const Binary& binary) const {
  if (IsGrouping(binary.matching)) {
    return Error(binary, fmt::format("no grouping allowed for {} operation",
                                     Quote(OperatorText(binary.op))));
  }
  return HasFill(binary.matching)
             ? Error(binary, "filling in missing series not allowed for set operators")
             : absl::OkStatus();
}

absl::Status TypeChecker::Expect(Expr* expr, ValueType wanted, std::string_view context) const {
  RETURN_IF_ERROR(Check(expr));
  return expr->type() == wanted
             ? absl::OkStatus()
             : Error(*expr, fmt::format("expected type {} in {}, got {}", Describe(wanted), context,
                                        Describe(expr->type())));
}

absl::Status TypeChecker::Error(const Expr& expr, std::string_view message) const {
  return ParseError(text_, expr.position.begin, message);
}

}  // namespace tidemark::query
