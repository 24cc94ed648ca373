// Template text to syntax tree.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "alert/template/internal/syntax.h"

namespace tidemark::alert::templates {

// Parses `text`, which may call the functions that `is_function` knows. InvalidArgument otherwise,
// of the form "template: NAME:LINE: CAUSE" for the first thing that is wrong.
absl::StatusOr<SyntaxTree> ParseTemplate(std::string_view name, std::string_view text,
                                         bool (*is_function)(std::string_view));

}  // namespace tidemark::alert::templates
