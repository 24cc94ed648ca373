// Walking a syntax tree without regard to the kinds of its nodes.
#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "query/parser/ast.h"

namespace tidemark::alert {

// The nodes directly below, in the order of the text; the selector of a MatrixSelector is one.
std::vector<const query::Expr*> ChildrenOf(const query::Expr& expr);

// Calls `visit` for the node and all below it, top down.
void ForEachNode(const query::Expr& expr, absl::FunctionRef<void(const query::Expr&)> visit);

// The metric that the selector names; empty when it does not name exactly one.
std::string MetricOf(const query::VectorSelector& selector);

}  // namespace tidemark::alert
