// Syntax tree to text.
#pragma once

#include <string>

#include "query/parser/ast.h"

namespace tidemark::query {

// The canonical text on one line. Parsing it again gives the same text.
std::string ToString(const Expr& expr);

// The canonical text, with nodes of more than 100 characters broken over lines, indented by two
// spaces a level.
std::string Prettify(const Expr& expr);

}  // namespace tidemark::query
