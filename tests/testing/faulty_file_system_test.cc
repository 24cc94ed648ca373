#include "tests/testing/faulty_file_system.h"

#include <gtest/gtest.h>

namespace tidemark::testing {
namespace {

absl::Status Write(base::WritableFile* file, uint64_t offset, std::string_view bytes) {
  return file->WriteAt(offset, {&bytes, 1});
}

TEST(FaultyFileSystem, LosesWhatWasNotSynced) {
  FaultyFileSystem fs;
  auto file = *fs.Create("/d/a");
  ASSERT_TRUE(Write(file.get(), 0, "kept").ok());
  ASSERT_TRUE(file->Sync().ok());
  ASSERT_TRUE(fs.SyncDir("/d").ok());
  ASSERT_TRUE(Write(file.get(), 4, " lost").ok());

  EXPECT_EQ(fs.Content("/d/a"), "kept lost");
  EXPECT_EQ(fs.AfterKill()->Content("/d/a"), "kept lost");
  EXPECT_EQ(fs.AfterLosingAllUnsynced()->Content("/d/a"), "kept");
}

TEST(FaultyFileSystem, LosesANameWhoseFolderWasNotSynced) {
  FaultyFileSystem fs;
  auto file = *fs.Create("/d/a");
  ASSERT_TRUE(file->Sync().ok());

  EXPECT_TRUE(fs.AfterLosingAllUnsynced()->List("/d")->empty());
}

TEST(FaultyFileSystem, TearsUnsyncedWritesBySector) {
  FaultyFileSystem fs;
  auto file = *fs.Create("/d/a");
  ASSERT_TRUE(fs.SyncDir("/d").ok());
  ASSERT_TRUE(Write(file.get(), 0, std::string(8 * FaultyFileSystem::kSectorBytes, 'x')).ok());

  bool torn = false;
  for (uint64_t seed = 0; seed < 16; ++seed) {
    const std::string content = fs.AfterPowerLoss(seed)->Content("/d/a");
    const auto kept = std::count(content.begin(), content.end(), 'x');
    EXPECT_EQ(kept % FaultyFileSystem::kSectorBytes, 0);
    torn = torn || content.find('\0') != std::string::npos;
  }
  EXPECT_TRUE(torn);
}

TEST(FaultyFileSystem, NeverBringsToTheDiskWhatAFailedSyncCovered) {
  FaultyFileSystem fs;
  auto file = *fs.Create("/d/a");
  ASSERT_TRUE(fs.SyncDir("/d").ok());
  ASSERT_TRUE(Write(file.get(), 0, std::string(64 * FaultyFileSystem::kSectorBytes, 'x')).ok());
  fs.FailSyncs(1);
  EXPECT_TRUE(absl::IsDataLoss(file->Sync()));
  EXPECT_TRUE(file->Sync().ok());

  EXPECT_NE(fs.AfterLosingAllUnsynced()->Content("/d/a"), fs.Content("/d/a"));
}

TEST(FaultyFileSystem, WritesWhatFitsAndThenReportsNoSpace) {
  FaultyFileSystem fs;
  fs.SetCapacity(6);
  auto file = *fs.Create("/d/a");
  EXPECT_TRUE(absl::IsResourceExhausted(Write(file.get(), 0, "12345678")));
  EXPECT_EQ(fs.Content("/d/a"), "123456");

  fs.SetCapacity(std::nullopt);
  EXPECT_TRUE(Write(file.get(), 0, "12345678").ok());
}

TEST(FaultyFileSystem, CountsReservationsAsUsed) {
  FaultyFileSystem fs;
  fs.SetCapacity(10);
  auto first = *fs.Create("/d/a");
  auto second = *fs.Create("/d/b");
  ASSERT_TRUE(first->Preallocate(8).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(second->Preallocate(3)));
  EXPECT_TRUE(Write(first.get(), 0, "12345678").ok());
  ASSERT_TRUE(first->Truncate(2).ok());
  EXPECT_TRUE(second->Preallocate(3).ok());
}

}  // namespace
}  // namespace tidemark::testing
