// The same test files judged by promtool and by us: verdicts must be equal, for those that pass,
// those that fail, and those with one figure changed at random.
//
// The promtool of the distribution is of Prometheus 2, whose ranges include their left end: no
// verdict here depends on a sample that lies exactly there.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "alert/unittest/unit_test_runner.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::alert {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = TIDEMARK_RULE_TESTS;

bool PromtoolPasses(const fs::path& file) {
  const std::string command =
      fmt::format("promtool test rules '{}' >/dev/null 2>&1", file.string());
  const int status = std::system(command.c_str());
  EXPECT_TRUE(status == 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 1)) << command;
  return status == 0;
}

UnitTestReport Judge(const fs::path& file) { return RunUnitTestFile(file, {}); }

std::string Text(const UnitTestReport& report) {
  std::string text;
  for (const std::string& failure : report.failures) {
    text += failure + "\n";
  }
  return text;
}

void ExpectSameVerdict(const fs::path& file, int* passes, int* failures) {
  const bool promtool = PromtoolPasses(file);
  const UnitTestReport ours = Judge(file);
  EXPECT_EQ(ours.passed(), promtool) << file << "\n" << Text(ours);
  ++*(promtool ? passes : failures);
}

std::string ReadAll(const fs::path& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(PromtoolComparison, TheRulesForLogBackupPass) {
  for (const char* name : {"recommended_test.yml", "repaired_test.yml"}) {
    const UnitTestReport report = Judge(kFolder / name);
    EXPECT_TRUE(report.passed()) << Text(report);
    EXPECT_GT(report.checks, 10u);
    EXPECT_TRUE(PromtoolPasses(kFolder / name));
  }
}

TEST(PromtoolComparison, EveryCaseHasTheSameVerdict) {
  int passes = 0;
  int failures = 0;
  for (const auto& entry : fs::directory_iterator(kFolder / "cases")) {
    if (entry.path().filename().string().find("rules.yml") == std::string::npos) {
      ExpectSameVerdict(entry.path(), &passes, &failures);
    }
  }
  EXPECT_GE(passes, 10);
  EXPECT_GE(failures, 15);
}

// One digit of the test file changes: an expectation, a time, a value, a count.
TEST(PromtoolComparison, AChangedFigureHasTheSameVerdict) {
  constexpr uint32_t kSeed = 5;
  SCOPED_TRACE(fmt::format("seed {}", kSeed));
  std::mt19937 random(kSeed);
  testing::TempDir folder;
  fs::copy(kFolder, folder.path(), fs::copy_options::recursive);
  int passes = 0;
  int failures = 0;
  for (const char* name : {"recommended_test.yml", "repaired_test.yml", "cases/firing_passes.yml",
                           "cases/alerts_series_passes.yml", "cases/group_order_passes.yml"}) {
    const std::string text = ReadAll(kFolder / name);
    for (int i = 0; i < 5; ++i) {
      size_t at = random() % text.size();
      while (!std::isdigit(static_cast<unsigned char>(text[at]))) {
        at = (at + 1) % text.size();
      }
      std::string changed = text;
      changed[at] = static_cast<char>('1' + random() % 9);
      const fs::path file = folder.path() / name;
      std::ofstream(file) << changed;
      SCOPED_TRACE(fmt::format("{}: digit at byte {} is now {}", name, at, changed[at]));
      ExpectSameVerdict(file, &passes, &failures);
    }
  }
  EXPECT_GE(passes, 3);
  EXPECT_GE(failures, 3);
}

}  // namespace
}  // namespace tidemark::alert
