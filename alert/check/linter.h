// Finds what is wrong with a rule though it is valid: what can never be true, what is true too
// seldom, and what mixes clusters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "alert/rules/rule_file.h"
#include "query/parser/ast.h"

namespace tidemark::alert {

enum class Severity : uint8_t { kWarning, kError };

// "warning", "error"
std::string_view ToString(Severity severity);

// One thing found. Errors are rules that cannot do what they are written for.
struct Finding {
  Severity severity = Severity::kWarning;
  std::string check;  // its kind: "join-never-matches"
  std::string text;
  query::PositionRange position;  // in the expression
};

struct LintOptions {
  // The labels that together tell one cluster from another.
  std::vector<std::string> identity = {"cluster"};
};

// What is found in `rule`, whose expression is `expr`, in the order of the text.
std::vector<Finding> Lint(const Rule& rule, const query::Expr& expr, const LintOptions& options);

}  // namespace tidemark::alert
