#include "alert/rules/rule_file.h"

#include <map>

namespace tidemark::alert {

TextPairs LabelsOf(const RuleGroup& group, const Rule& rule) {
  std::map<std::string, std::string> labels(rule.labels.begin(), rule.labels.end());
  labels.insert(group.labels.begin(), group.labels.end());
  return {labels.begin(), labels.end()};
}

}  // namespace tidemark::alert
