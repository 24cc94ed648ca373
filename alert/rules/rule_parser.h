// Rule files in Prometheus' format: text to RuleFile, with everything that is wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "alert/rules/rule_file.h"
#include "alert/yaml/finding.h"

namespace tidemark::alert {

using RuleFinding = FileFinding;

struct ParsedRuleFile {
  RuleFile file;                      // only what is right, when there are errors
  std::vector<FileFinding> errors;    // in order of place; the file must not be used with any
  std::vector<FileFinding> warnings;  // Prometheus takes these, too: rules that occur twice, …

  // InvalidArgument with all errors, one a line; OK if there is none.
  absl::Status status() const { return ToStatus(errors); }
};

// Parses and checks `text`, the content of the file `path`. Unknown and repeated keys, names,
// durations, expressions and the templates of alerts are checked as Prometheus does, and all that
// is wrong is reported. Only the first YAML document counts.
ParsedRuleFile ParseRuleFile(std::string_view path, std::string_view text);

}  // namespace tidemark::alert
