// What `tidemark check rules` tells of rule files: for each rule by which labels its evaluation is
// split, what sets it off, how late it can be, and what the linter finds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/check/label_family.h"
#include "alert/check/linter.h"
#include "alert/check/time_dependence.h"
#include "alert/rules/rule_file.h"
#include "query/parser/parser.h"

namespace tidemark::alert {

struct CheckOptions {
  LintOptions lint;
  query::ParserOptions parser;
  int64_t lookback_ms = 300'000;
  int64_t tick_ms = 1000;   // between two evaluations of what has no deadline
  int64_t settle_ms = 250;  // waited for the rest of a scrape
};

// One metric that a rule reads.
struct CheckedInput {
  std::string selector;   // as in the expression, without range and offset
  std::string function;   // of its range; empty for an instant selector
  int64_t window_ms = 0;  // how far back a sample counts
  int64_t offset_ms = 0;
  bool fixed = false;  // at one moment, by `@`

  friend bool operator==(const CheckedInput&, const CheckedInput&) = default;
};

struct RuleCheck {
  std::string group;
  std::string name;
  RuleKind kind = RuleKind::kAlert;
  FilePosition position;
  LabelFamily partition = LabelFamily::None();
  std::vector<CheckedInput> inputs;    // each once, in the order of the text
  bool on_arrival = false;             // of a sample of an input
  std::vector<std::string> deadlines;  // what makes known moments: "look-back ends", "`for` ends"
  std::vector<std::string> ticks;      // comparisons that have to be looked at again and again
  // From the moment the expression becomes true to its evaluation, at most.
  int64_t worst_delay_ms = 0;
  int64_t for_ms = 0;
  std::vector<Finding> findings;
};

struct FileCheck {
  std::string path;
  std::vector<std::string> errors;  // why the file is not valid; rules are those that are
  std::vector<RuleCheck> rules;

  // Whether there is anything wrong that is an error.
  bool failed() const;
};

// InvalidArgument when the expression does not parse.
absl::StatusOr<RuleCheck> CheckRule(const RuleGroup& group, const Rule& rule,
                                    const CheckOptions& options);

// Reads and checks one file; what is wrong with it is in the result.
FileCheck CheckRuleFile(const std::string& path, const CheckOptions& options);

// For people.
std::string ToText(const std::vector<FileCheck>& files);
// For programs: {"files": [...]}.
std::string ToJson(const std::vector<FileCheck>& files);

}  // namespace tidemark::alert
