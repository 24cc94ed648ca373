// Any bytes as a rule file. It is refused with errors that have places in the file, or what it
// says can be read out.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "alert/rules/rule_parser.h"
#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = tidemark::alert::ParseRuleFile("f", text);
  for (const auto& error : parsed.errors) {
    TIDEMARK_CHECK(error.position.line >= 1 && error.position.column >= 1, "{}", error.ToString());
  }
  for (const auto& group : parsed.file.groups) {
    for (const auto& rule : group.rules) {
      (void)LabelsOf(group, rule);
      TIDEMARK_CHECK(!parsed.errors.empty() || !rule.expr.empty(), "a rule without expression");
    }
  }
  return 0;
}
