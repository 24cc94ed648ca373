#include "alert/rules/rule_file_set.h"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/testing/temp_dir.h"

namespace tidemark::alert {
namespace {

void Write(const std::string& path, std::string_view text) { std::ofstream(path) << text; }

TEST(ListRuleFiles, ExpandsGlobsOfTheLastElementOnceEach) {
  testing::TempDir dir;
  Write(dir.File("b.yml"), "");
  Write(dir.File("a.yml"), "");
  Write(dir.File("c.txt"), "");
  std::vector<std::string> unmatched;
  const auto files =
      ListRuleFiles({dir.File("*.yml"), dir.File("a.yml"), dir.File("none*.yml")}, &unmatched);
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(*files, (std::vector<std::string>{dir.File("a.yml"), dir.File("b.yml")}));
  EXPECT_EQ(unmatched, std::vector<std::string>{dir.File("none*.yml")});
}

TEST(ListRuleFiles, RefusesGlobsInFolders) {
  EXPECT_FALSE(ListRuleFiles({"/etc/*/rules.yml"}, nullptr).ok());
}

TEST(ReadRuleFile, SaysThatAFileCannotBeRead) {
  testing::TempDir dir;
  const ParsedRuleFile parsed = ReadRuleFile(dir.File("none.yml"));
  ASSERT_EQ(parsed.errors.size(), 1u);
  EXPECT_EQ(parsed.errors[0].message, "cannot be read: No such file or directory");
}

TEST(ReadRuleFile, ParsesTheContent) {
  testing::TempDir dir;
  Write(dir.File("r.yml"), "groups: [{name: g}]\n");
  const ParsedRuleFile parsed = ReadRuleFile(dir.File("r.yml"));
  EXPECT_TRUE(parsed.errors.empty()) << parsed.status();
  EXPECT_EQ(parsed.file.groups.at(0).file, dir.File("r.yml"));
}

}  // namespace
}  // namespace tidemark::alert
