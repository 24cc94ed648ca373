#include "tests/testing/child_process.h"

#include <signal.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::testing {
namespace {

std::unique_ptr<ChildProcess> Shell(const TempDir& dir, const std::string& script) {
  auto child = ChildProcess::Start({"/bin/sh", "-c", script}, dir.File("log"));
  EXPECT_TRUE(child.ok()) << child.status();
  return *std::move(child);
}

TEST(TempDir, IsRemovedWithAllItHolds) {
  std::string inside;
  {
    const TempDir dir;
    inside = dir.File("a/b");
    std::filesystem::create_directories(inside);
  }
  EXPECT_FALSE(std::filesystem::exists(inside));
}

TEST(ChildProcess, KeepsTheOutputOfBothStreams) {
  const TempDir dir;
  const auto child = Shell(dir, "echo out; echo err >&2");
  EXPECT_TRUE(WaitUntil([&] { return !child->Running(); }, 10'000));
  EXPECT_EQ(child->Log(), "out\nerr\n");
}

TEST(ChildProcess, TellsTheExitCodeOfAnOrderlyEnd) {
  const TempDir dir;
  const auto child = Shell(dir, "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(WaitUntil([&] { return child->Log() == "ready\n"; }, 10'000));
  EXPECT_EQ(child->Terminate(), 7);
}

TEST(ChildProcess, TellsNoExitCodeAfterAKill) {
  const TempDir dir;
  const auto child = Shell(dir, "exec sleep 1000");
  child->Kill();
  EXPECT_FALSE(child->Running());
  EXPECT_EQ(child->Terminate(), std::nullopt);
  EXPECT_NE(kill(child->pid(), 0), 0);
}

TEST(ChildProcess, KillsWhatDoesNotEndInTime) {
  const TempDir dir;
  const auto child = Shell(dir, "trap '' TERM; echo ready; while :; do sleep 0.01; done");
  ASSERT_TRUE(WaitUntil([&] { return child->Log() == "ready\n"; }, 10'000));
  EXPECT_EQ(child->Terminate(/*timeout_ms=*/50), std::nullopt);
}

TEST(ChildProcess, SeesWhatTheChildUses) {
  const TempDir dir;
  const auto child = Shell(dir, "while :; do :; done");
  EXPECT_TRUE(WaitUntil([&] { return child->CpuSeconds() > 0; }, 10'000));
  EXPECT_GT(child->ResidentBytes(), 0);
}

}  // namespace
}  // namespace tidemark::testing
