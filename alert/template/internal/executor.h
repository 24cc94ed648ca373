// Runs a parsed template.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "alert/template/internal/syntax.h"
#include "alert/template/template.h"

namespace tidemark::alert::templates {

// The text that `tree` gives for `data`. An error says where in the template it arose and why:
// `template: NAME:LINE:COLUMN: executing "NAME" at <.Foo>: CAUSE`.
absl::StatusOr<std::string> Execute(const SyntaxTree& tree, const TemplateData& data,
                                    TemplateQuery* query, model::Timestamp t);

}  // namespace tidemark::alert::templates
