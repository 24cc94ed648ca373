// RuleFile, RuleGroup and Rule are what a rule file says, in Prometheus' format. Plain values.
//
// Texts are as they stand in the file: expressions are not parsed here, and templates in labels
// and annotations are not expanded. What ParseRuleFile() returned without an error is valid:
// expressions and templates parse, names are valid, groups are unique in their file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "alert/yaml/finding.h"

namespace tidemark::alert {

// Names with their texts, in order of name, names distinct.
using TextPairs = std::vector<std::pair<std::string, std::string>>;

enum class RuleKind : uint8_t { kAlert, kRecord };

struct Rule {
  RuleKind kind = RuleKind::kAlert;
  std::string name;  // of the alert, or of the series that is recorded
  std::string expr;
  int64_t for_ms = 0;              // of alerts only
  int64_t keep_firing_for_ms = 0;  // of alerts only
  TextPairs labels;                // the rule's own; LabelsOf() adds the group's
  TextPairs annotations;           // of alerts only
  FilePosition position;           // of the rule's first key
  FilePosition expr_position;      // of the expression's first character

  friend bool operator==(const Rule&, const Rule&) = default;
};

struct RuleGroup {
  std::string name;
  std::string file;                        // the path it was read from
  int64_t interval_ms = 0;                 // 0: the global evaluation interval
  std::optional<int64_t> query_offset_ms;  // none: the global rule query offset
  int64_t limit = 0;                       // alerts or series a rule may give; 0: no bound
  TextPairs labels;                        // of every rule that has no label of that name itself
  std::vector<Rule> rules;                 // evaluated in this order
  FilePosition position;                   // of the group's first key

  friend bool operator==(const RuleGroup&, const RuleGroup&) = default;
};

struct RuleFile {
  std::string path;
  std::vector<RuleGroup> groups;

  friend bool operator==(const RuleFile&, const RuleFile&) = default;
};

// The labels that `rule`, one of `group`'s, gives to its results: the group's, then its own, which
// win over those of the same name.
TextPairs LabelsOf(const RuleGroup& group, const Rule& rule);

}  // namespace tidemark::alert
