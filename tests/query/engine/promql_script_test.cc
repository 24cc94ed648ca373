#include "tests/query/engine/promql_script.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

namespace tidemark::query {
namespace {

std::string ReadFile(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> Scripts() {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(TIDEMARK_PROMQL_SCRIPTS)) {
    if (entry.path().extension() == ".test") {
      paths.push_back(entry.path());
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

class PromqlScripts : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(PromqlScripts, MeetItsExpectations) {
  const std::string script = ReadFile(GetParam());
  ASSERT_NE(script.find("\neval"), std::string::npos) << "nothing to evaluate";
  for (const std::string& failure : PromqlScript().Run(script)) {
    ADD_FAILURE() << GetParam().filename().string() << " " << failure;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PromqlScripts, ::testing::ValuesIn(Scripts()),
                         [](const ::testing::TestParamInfo<std::filesystem::path>& file) {
                           return file.param.stem().string();
                         });

TEST(PromqlScript, NoticesWhatIsNotAsExpected) {
  constexpr std::string_view kScript = R"(
load 1m
  up{job="a"} 1 2 3

eval instant at 1m up
  up{job="a"} 2

eval instant at 1m up
  up{job="a"} 3

eval instant at 1m up
  up{job="b"} 2

eval instant at 1m up
  expect fail

eval instant at 1m up +
  up{job="a"} 2

eval range from 0 to 2m step 1m up
  up{job="a"} 1 2

eval instant at 1m 1
  2
)";
  EXPECT_EQ(PromqlScript().Run(kScript).size(), 6U);
}

}  // namespace
}  // namespace tidemark::query
