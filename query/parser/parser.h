// Text to syntax tree.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "model/matcher.h"
#include "query/parser/ast.h"

namespace tidemark::query {

// Parts of the language a server offers only when asked to.
struct ParserOptions {
  bool experimental_functions = false;    // functions and aggregations so marked
  bool binop_fill_modifiers = false;      // fill(), fill_left(), fill_right()
  bool extended_range_selectors = false;  // anchored, smoothed
};

// Parses and type-checks `text`. InvalidArgument otherwise, of the form
// "LINE:COL: parse error: TEXT" for the first thing that is wrong.
absl::StatusOr<ExprPtr> ParseExpr(std::string_view text, const ParserOptions& options = {});

// Parses a metric selector, as the API's match[] takes it. It may match everything.
absl::StatusOr<std::vector<model::Matcher>> ParseSelector(std::string_view text);

}  // namespace tidemark::query
