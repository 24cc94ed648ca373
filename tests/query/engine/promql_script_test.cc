#include "tests/query/engine/promql_script.h"

#include <gtest/gtest.h>

#include "tests/query/engine/script_files.h"

namespace tidemark::query {
namespace {

class PromqlScripts : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(PromqlScripts, MeetItsExpectations) {
  const std::string script = ReadScript(GetParam());
  EngineTarget engine;
  ASSERT_NE(script.find("\neval"), std::string::npos) << "nothing to evaluate";
  for (const std::string& failure : PromqlScript(&engine).Run(script)) {
    ADD_FAILURE() << GetParam().filename().string() << " " << failure;
  }
}

INSTANTIATE_TEST_SUITE_P(All, PromqlScripts, ::testing::ValuesIn(ScriptFiles()),
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
  EngineTarget engine;
  EXPECT_EQ(PromqlScript(&engine).Run(kScript).size(), 6U);
}

}  // namespace
}  // namespace tidemark::query
