// Rule files in Prometheus' format: text to RuleFile, with everything that is wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "alert/rules/rule_file.h"

namespace tidemark::alert {

// Something a rule file says that is wrong, or that is likely not what was meant.
struct RuleFinding {
  std::string file;
  FilePosition position;
  std::string message;

  // "rules/tikv.yml:12:7: group \"g\", rule 2, \"HighLag\": unknown key \"exp\"", one line.
  std::string ToString() const;
};

struct ParsedRuleFile {
  RuleFile file;                      // only what is right, when there are errors
  std::vector<RuleFinding> errors;    // in order of place; the file must not be used with any
  std::vector<RuleFinding> warnings;  // Prometheus takes these, too: rules that occur twice, …

  // InvalidArgument with all errors, one a line; OK if there is none.
  absl::Status status() const;
};

// Parses and checks `text`, the content of the file `path`. Unknown and repeated keys, names,
// durations, expressions and the templates of alerts are checked as Prometheus does, and all that
// is wrong is reported. Only the first YAML document counts.
ParsedRuleFile ParseRuleFile(std::string_view path, std::string_view text);

}  // namespace tidemark::alert
