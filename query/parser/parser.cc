#include "query/parser/parser.h"

#include "base/status_macros.h"
#include "query/parser/internal/syntax_parser.h"
#include "query/parser/internal/type_checker.h"

namespace tidemark::query {

absl::StatusOr<ExprPtr> ParseExpr(std::string_view text, const ParserOptions& options) {
  ASSIGN_OR_RETURN(ExprPtr expr, SyntaxParser(text, options).Expression());
  RETURN_IF_ERROR(TypeChecker(text).Check(expr.get()));
  return expr;
}

absl::StatusOr<std::vector<model::Matcher>> ParseSelector(std::string_view text) {
  ASSIGN_OR_RETURN(std::unique_ptr<VectorSelector> selector,
                   SyntaxParser(text, ParserOptions()).Selector());
  return std::move(selector->matchers);
}

}  // namespace tidemark::query
