#include "alert/history/state_checkpoint.h"

#include <gtest/gtest.h>

#include "tests/alert/history/records.h"
#include "tests/testing/faulty_file_system.h"

namespace tidemark::alert {
namespace {

using testing::RecordOf;
using ::tidemark::testing::FaultyFileSystem;

StateCheckpoint CheckpointOf(int64_t t) {
  return {.through = 7,
          .states = {RecordOf("A", "a", AlertState::kFiring, t),
                     RecordOf("B", "b", AlertState::kPending, t + 1)}};
}

TEST(StateCheckpoint, IsEmptyWhenThereIsNoFile) {
  FaultyFileSystem fs;
  ASSERT_TRUE(fs.CreateDir("/alerts").ok());
  const auto read = ReadCheckpoint(&fs, "/alerts");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->through, 0u);
  EXPECT_TRUE(read->states.empty());
}

TEST(StateCheckpoint, IsTheOldOneOrTheNewOneAfterAPowerLoss) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    FaultyFileSystem fs;
    ASSERT_TRUE(fs.CreateDir("/alerts").ok());
    ASSERT_TRUE(WriteCheckpoint(&fs, "/alerts", CheckpointOf(1000)).ok());
    std::unique_ptr<FaultyFileSystem> lost;
    fs.SetBeforeSync([&] { lost = fs.AfterPowerLoss(seed); });
    ASSERT_TRUE(WriteCheckpoint(&fs, "/alerts", CheckpointOf(2000)).ok());
    ASSERT_NE(lost, nullptr);
    const auto during = ReadCheckpoint(lost.get(), "/alerts");
    ASSERT_TRUE(during.ok()) << during.status() << " seed " << seed;
    EXPECT_EQ(during->states, CheckpointOf(1000).states) << "seed " << seed;
    const auto after = ReadCheckpoint(fs.AfterPowerLoss(seed).get(), "/alerts");
    ASSERT_TRUE(after.ok()) << after.status() << " seed " << seed;
    EXPECT_EQ(after->states, CheckpointOf(2000).states) << "seed " << seed;
  }
}

TEST(StateCheckpoint, IsRefusedWhenAnyByteDiffers) {
  const std::string bytes = EncodeCheckpoint(CheckpointOf(1000));
  ASSERT_TRUE(DecodeCheckpoint(bytes).ok());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(DecodeCheckpoint(changed).ok()) << i;
  }
}

TEST(StateCheckpoint, OfAnotherVersionIsNotTakenForDamage) {
  std::string bytes = EncodeCheckpoint(CheckpointOf(1000));
  bytes[8] = 9;
  EXPECT_EQ(DecodeCheckpoint(bytes).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(StateCheckpoint, IsAnErrorWhenTheDiskIsFull) {
  FaultyFileSystem fs;
  ASSERT_TRUE(fs.CreateDir("/alerts").ok());
  ASSERT_TRUE(WriteCheckpoint(&fs, "/alerts", CheckpointOf(1000)).ok());
  fs.SetCapacity(fs.Content("/alerts/states").size() + 10);
  EXPECT_EQ(WriteCheckpoint(&fs, "/alerts", CheckpointOf(2000)).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadCheckpoint(&fs, "/alerts")->states, CheckpointOf(1000).states);
}

}  // namespace
}  // namespace tidemark::alert
