#include "server/fleet/wait_notice.h"

#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "tests/testing/child_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::server {
namespace {

class WaitNoticeTest : public ::testing::Test {
 protected:
  WaitNoticeTest() : out_(std::fopen(path_.c_str(), "w")) {}
  ~WaitNoticeTest() override { std::fclose(out_); }

  std::string Written() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }

  const tidemark::testing::TempDir dir_;
  const std::string path_ = dir_.File("out");
  std::FILE* const out_;
};

TEST_F(WaitNoticeTest, TellsOfALongWaitAndClearsItsLineAtTheEnd) {
  {
    const WaitNotice notice(out_, "http://server", /*period_ms=*/1);
    EXPECT_TRUE(tidemark::testing::WaitUntil(
        [&] { return Written().find("waiting for http://server, 0 s") != std::string::npos; },
        60'000));
  }
  EXPECT_TRUE(Written().ends_with("\r\x1b[K"));
}

TEST_F(WaitNoticeTest, TellsNothingOfAShortOne) {
  { const WaitNotice notice(out_, "http://server", /*period_ms=*/3'600'000); }
  EXPECT_EQ(Written(), "");
}

TEST_F(WaitNoticeTest, TellsNothingWhereNobodyLooks) {
  { const WaitNotice notice(nullptr, "http://server", /*period_ms=*/1); }
  EXPECT_EQ(Written(), "");
}

}  // namespace
}  // namespace tidemark::server
