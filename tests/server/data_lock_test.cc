#include "server/data_lock.h"

#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::server {
namespace {

TEST(DataLock, TurnsASecondHolderAwayAndNamesTheFirst) {
  tidemark::testing::TempDir dir;
  const std::string folder = dir.File("new/folder");
  auto first = DataLock::Acquire(folder);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = DataLock::Acquire(folder);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(second.status().message(),
            fmt::format("data folder {} is in use by process {}", folder, ::getpid()));
}

TEST(DataLock, IsFreeAgainAfterItsHolder) {
  tidemark::testing::TempDir dir;
  ASSERT_TRUE(DataLock::Acquire(dir.path()).ok());
  EXPECT_TRUE(DataLock::Acquire(dir.path()).ok());
}

TEST(DataLock, SaysWhichFolderCannotBeMade) {
  const auto lock = DataLock::Acquire("/proc/tidemark");
  ASSERT_FALSE(lock.ok());
  EXPECT_NE(lock.status().message().find("/proc/tidemark"), absl::string_view::npos);
}

}  // namespace
}  // namespace tidemark::server
