// TypeChecker looks whether the parts of a tree fit together: types of operands and arguments,
// number of arguments, selectors that would select everything.
#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "query/parser/ast.h"

namespace tidemark::query {

class TypeChecker {
 public:
  // `text` is what the tree was parsed from.
  explicit TypeChecker(std::string_view text) : text_(text) {}

  // Depth first, left to right; the first thing that does not fit is the error. Settles the
  // matching of binary operators: set operators match many to many, and where there are not two
  // vectors there is none.
  absl::Status Check(Expr* expr) const;

 private:
  absl::Status CheckVectorSelector(const VectorSelector& selector) const;
  absl::Status CheckNotEmpty(const VectorSelector& selector) const;
  absl::Status CheckSubquery(Subquery* subquery) const;
  absl::Status CheckCall(Call* call) const;
  absl::Status CheckArgumentCount(const Call& call) const;
  absl::Status CheckInfoLabels(const Call& call) const;
  absl::Status CheckAggregate(Aggregate* aggregate) const;
  absl::Status CheckUnary(Unary* unary) const;
  absl::Status CheckBinary(Binary* binary) const;
  absl::Status CheckOperator(const Binary& binary) const;
  absl::Status CheckOperands(const Binary& binary) const;
  absl::Status CheckNoMatching(const Binary& binary) const;
  absl::Status CheckSetOperator(const Binary& binary) const;
  absl::Status Expect(Expr* expr, ValueType wanted, std::string_view context) const;

  absl::Status Error(const Expr& expr, std::string_view message) const;

  const std::string_view text_;
};

}  // namespace tidemark::query
