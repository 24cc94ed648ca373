// TestGroupRun runs one group of tests: its store, its rules, and the walk through time.
//
// Owned by one thread. Test file, test group and rules must outlive it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "alert/group/group_evaluator.h"
#include "alert/unittest/unit_test_file.h"
#include "alert/unittest/unit_test_runner.h"
#include "base/clock.h"
#include "query/engine/engine.h"
#include "storage/memory_querier.h"

namespace tidemark::alert {

class TestGroupRun {
 public:
  TestGroupRun(const UnitTestFile& file, const TestGroup& test, const std::vector<RuleFile>& rules,
               const query::EngineOptions& options, UnitTestReport* report);

  // Adds what it finds to the report.
  void Run();

 private:
  struct Input {
    std::vector<model::Sample> samples;
    size_t next = 0;  // first that is not in the store yet
  };
  struct ByLabels {
    bool operator()(const model::Labels& a, const model::Labels& b) const {
      return model::Compare(a, b) < 0;
    }
  };

  absl::Status ReadInput();
  absl::Status MakeGroups();
  absl::Status Step(model::Timestamp t);
  absl::Status LoadUntil(model::Timestamp t);
  absl::Status Evaluate(model::Timestamp t);
  void CheckAlerts(const AlertTest& test);
  void CheckExpr(const ExprTest& test);
  absl::StatusOr<std::vector<std::string>> ExprDifferences(const ExprTest& test) const;
  int64_t LastEvalMs() const;
  std::vector<ExpectedAlert> Firing(const std::string& alertname) const;
  void Fail(const FilePosition& position, std::string_view headline,
            const std::vector<std::string>& lines);

  const UnitTestFile& file_;
  const TestGroup& test_;
  const std::vector<RuleFile>& rules_;
  UnitTestReport* const report_;
  storage::MemoryQuerier store_;
  base::SystemClock clock_;
  query::Engine engine_;
  std::map<model::Labels, Input, ByLabels> input_;
  std::vector<std::unique_ptr<GroupEvaluator>> groups_;
};

}  // namespace tidemark::alert
