#include "alert/check/rule_check.h"
#include "alert/rules/rule_file_set.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {

FileCheck CheckRuleFile(const std::string& path, const CheckOptions& options) {
  FileCheck check{.path = path, .errors = {}, .rules = {}};
  const ParsedRuleFile parsed = ReadRuleFile(path);
  for (const RuleFinding& error : parsed.errors) {
    check.errors.push_back(error.ToString());
  }
  for (const RuleGroup& group : parsed.file.groups) {
    for (const Rule& rule : group.rules) {
      absl::StatusOr<RuleCheck> rule_check = CheckRule(group, rule, options);
      if (rule_check.ok()) {
        check.rules.push_back(std::move(*rule_check));
      } else {
        check.errors.push_back(fmt::format("{}:{}: {}", path, rule.expr_position.line,
                                           base::Message(rule_check.status())));
      }
    }
  }
  return check;
}

}  // namespace tidemark::alert
