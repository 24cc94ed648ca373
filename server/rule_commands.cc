#include "server/rule_commands.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "alert/check/rule_check.h"
#include "alert/unittest/unit_test_runner.h"
#include "fmt/format.h"

namespace tidemark::server {
namespace {

int TestRules(const RuleFlags& flags) {
  query::EngineOptions options;
  options.enable_experimental = flags.experimental_functions;
  options.enable_fill_modifiers = flags.fill_modifiers;
  options.enable_extended_ranges = flags.extended_ranges;
  bool passed = true;
  for (const std::string& path : flags.files) {
    const alert::UnitTestReport report = alert::RunUnitTestFile(path, options);
    for (const std::string& warning : report.warnings) {
      fmt::print(stderr, "warning: {}\n", warning);
    }
    for (const std::string& failure : report.failures) {
      fmt::print("{}\n", failure);
    }
    fmt::print("{}: {} ({} checks, {} failures)\n", path, report.passed() ? "ok" : "FAILED",
               report.checks, report.failures.size());
    passed = passed && report.passed();
  }
  return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int CheckRules(const RuleFlags& flags) {
  alert::CheckOptions options;
  options.lint.identity = flags.identity;
  options.parser.experimental_functions = flags.experimental_functions;
  options.parser.binop_fill_modifiers = flags.fill_modifiers;
  options.parser.extended_range_selectors = flags.extended_ranges;
  std::vector<alert::FileCheck> files;
  bool failed = false;
  for (const std::string& path : flags.files) {
    files.push_back(alert::CheckRuleFile(path, options));
    failed = failed || files.back().failed();
  }
  fmt::print("{}", flags.json ? alert::ToJson(files) : alert::ToText(files));
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

}  // namespace

int RunRuleCommand(const RuleFlags& flags) {
  return flags.command == RuleFlags::Command::kTest ? TestRules(flags) : CheckRules(flags);
}

}  // namespace tidemark::server
