#include "alert/unittest/unit_test_runner.h"

#include <filesystem>

#include "alert/rules/rule_file_set.h"
#include "alert/unittest/internal/test_group_run.h"
#include "base/file_system.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {
namespace {

// The rule files of a test file; what is wrong with them is noted in the report.
std::vector<RuleFile> LoadRules(const UnitTestFile& file, UnitTestReport* report) {
  const std::filesystem::path folder = std::filesystem::path(file.path).parent_path();
  std::vector<std::string> patterns;
  for (const std::string& pattern : file.rule_files) {
    patterns.push_back((folder / pattern).string());
  }
  std::vector<std::string> unmatched;
  const auto paths = ListRuleFiles(patterns, &unmatched);
  if (!paths.ok()) {
    report->failures.push_back(fmt::format("{}: {}", file.path, base::Message(paths.status())));
    return {};
  }
  for (const std::string& pattern : unmatched) {
    report->warnings.push_back(fmt::format("{}: no file matches {}", file.path, pattern));
  }
  std::vector<RuleFile> rules;
  for (const std::string& path : *paths) {
    ParsedRuleFile parsed = ReadRuleFile(path);
    for (const RuleFinding& error : parsed.errors) {
      report->failures.push_back(error.ToString());
    }
    rules.push_back(std::move(parsed.file));
  }
  return rules;
}

}  // namespace

UnitTestReport RunUnitTests(const UnitTestFile& file, const std::vector<RuleFile>& rules,
                            const query::EngineOptions& options) {
  UnitTestReport report;
  for (const TestGroup& test : file.tests) {
    TestGroupRun(file, test, rules, options, &report).Run();
  }
  return report;
}

UnitTestReport RunUnitTestFile(const std::string& path, const query::EngineOptions& options) {
  UnitTestReport loading;
  const absl::StatusOr<std::string> text =
      base::ReadWholeFile(base::NewPosixFileSystem().get(), path);
  const absl::StatusOr<UnitTestFile> file =
      text.ok() ? ParseUnitTestFile(path, *text) : absl::StatusOr<UnitTestFile>(text.status());
  if (!file.ok()) {
    loading.failures.emplace_back(base::Message(file.status()));
    return loading;
  }
  if (file->tests.empty()) {
    return loading;  // the rules are of no interest
  }
  const std::vector<RuleFile> rules = LoadRules(*file, &loading);
  if (!loading.passed()) {
    return loading;
  }
  UnitTestReport report = RunUnitTests(*file, rules, options);
  report.warnings = std::move(loading.warnings);
  return report;
}

}  // namespace tidemark::alert
