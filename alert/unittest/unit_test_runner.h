// Runs the unit tests of rules, with the verdicts promtool gives.
//
// Each group of tests begins with an empty store and fresh rules. From its start in steps of the
// evaluation interval, up to the latest time any of its tests asks about, the input up to that
// time is put into the store and every rule group is evaluated, whatever its own interval.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/rules/rule_file.h"
#include "alert/unittest/unit_test_file.h"
#include "query/engine/engine.h"

namespace tidemark::alert {

// What came out of one file.
struct UnitTestReport {
  size_t checks = 0;                  // expectations that were looked at
  std::vector<std::string> failures;  // each a headline and indented lines; empty: all passed
  std::vector<std::string> warnings;  // say, patterns that match no file

  bool passed() const { return failures.empty(); }
};

// Judges `file` over rules that are loaded already. `options` are those of the queries; the step
// of subqueries that name none is the evaluation interval.
UnitTestReport RunUnitTests(const UnitTestFile& file, const std::vector<RuleFile>& rules,
                            const query::EngineOptions& options);

// Reads the test file `path` and the rule files it names, relative to it, and judges them. What
// cannot be read or is not valid is a failure.
UnitTestReport RunUnitTestFile(const std::string& path, const query::EngineOptions& options);

}  // namespace tidemark::alert
