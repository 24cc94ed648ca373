// UnitTestFile is what a file of unit tests for rules says, in promtool's format. Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/rules/rule_file.h"
#include "model/sample.h"

namespace tidemark::alert {

// Samples that are in the store before any rule is evaluated for their time.
struct InputSeries {
  std::string series;  // name{a="b"}
  std::string values;  // query/notation/series_notation.h
  FilePosition position;
};

struct ExpectedAlert {
  TextPairs labels;  // without alertname
  TextPairs annotations;

  friend bool operator==(const ExpectedAlert&, const ExpectedAlert&) = default;
};

// At `eval_ms` after the start exactly these alerts of that name fire.
struct AlertTest {
  int64_t eval_ms = 0;
  std::string alertname;
  std::vector<ExpectedAlert> expected;
  FilePosition position;
};

struct ExpectedSample {
  std::string labels;  // name{a="b"}
  double value = 0;
  std::string histogram;
};

// At `eval_ms` after the start the expression has exactly these samples.
struct ExprTest {
  int64_t eval_ms = 0;
  std::string expr;
  std::vector<ExpectedSample> expected;
  FilePosition position;
};

// Tests that share their input; each begins with an empty store.
struct TestGroup {
  std::string name;  // may be empty
  int64_t interval_ms = 0;
  model::Timestamp start = 0;
  std::vector<InputSeries> input;
  TextPairs external_labels;
  std::string external_url;
  std::vector<AlertTest> alert_tests;
  std::vector<ExprTest> expr_tests;
  FilePosition position;
};

struct UnitTestFile {
  std::string path;
  std::vector<std::string> rule_files;  // as written: paths or patterns, relative to the file
  int64_t evaluation_interval_ms = 60'000;
  bool fuzzy_compare = false;
  std::vector<std::string> group_eval_order;
  std::vector<TestGroup> tests;
};

// Reads the YAML text of the file `path`. InvalidArgument, beginning with file, line and column,
// for the first thing that is wrong; a key that is not known is.
absl::StatusOr<UnitTestFile> ParseUnitTestFile(std::string_view path, std::string_view yaml);

}  // namespace tidemark::alert
