// The syntax tree of an expression as the JSON of /api/v1/parse_query.
#pragma once

#include <string>

#include "query/parser/ast.h"

namespace tidemark::query {

// Appends the tree as Prometheus 3 gives it: an object a node, with its type, its parts and its
// operands. Durations are milliseconds. REQUIRES: durations are resolved.
void AppendAst(const Expr& expr, std::string* json);

}  // namespace tidemark::query
