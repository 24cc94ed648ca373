// The rule files that a configuration names.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/rules/rule_parser.h"

namespace tidemark::alert {

// The files that `patterns` (paths, with globs in the last element only) stand for, each once, in
// order of path. A pattern that fits no file stands for none and is added to `unmatched`, if that
// is not null. InvalidArgument for a glob in a folder's name.
absl::StatusOr<std::vector<std::string>> ListRuleFiles(const std::vector<std::string>& patterns,
                                                       std::vector<std::string>* unmatched);

// Reads and parses one file. A file that cannot be read is an error in the result.
ParsedRuleFile ReadRuleFile(const std::string& path);

}  // namespace tidemark::alert
