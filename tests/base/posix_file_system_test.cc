#include <cstdlib>
#include <filesystem>
#include <vector>

#include <gtest/gtest.h>

#include "base/file_system.h"
#include "base/status_macros.h"

namespace tidemark::base {
namespace {

class PosixFileSystemTest : public ::testing::Test {
 protected:
  PosixFileSystemTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tidemark-XXXXXX").string();
    dir_ = ::mkdtemp(pattern.data());
  }
  ~PosixFileSystemTest() override { std::filesystem::remove_all(dir_); }

  std::string Path(const std::string& name) const { return dir_ + "/" + name; }

  std::unique_ptr<FileSystem> fs_ = NewPosixFileSystem();
  std::string dir_;
};

TEST_F(PosixFileSystemTest, WritesPartsOneBehindTheOther) {
  auto file = *fs_->Create(Path("a"));
  const std::vector<std::string_view> parts = {"ab", "", "cde"};
  ASSERT_TRUE(file->WriteAt(0, parts).ok());
  ASSERT_TRUE(file->WriteAt(4, parts).ok());
  EXPECT_TRUE(file->Sync().ok());
  EXPECT_EQ(*ReadWholeFile(fs_.get(), Path("a")), "abcdabcde");
}

TEST_F(PosixFileSystemTest, WritesMorePartsThanOneCallTakes) {
  std::vector<std::string> words;
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    words.push_back(std::to_string(i));
    expected += words.back();
  }
  const std::vector<std::string_view> parts(words.begin(), words.end());
  auto file = *fs_->Create(Path("a"));
  ASSERT_TRUE(file->WriteAt(0, parts).ok());
  EXPECT_EQ(*ReadWholeFile(fs_.get(), Path("a")), expected);
}

TEST_F(PosixFileSystemTest, ReservesWithoutChangingTheSizeAndTruncates) {
  auto file = *fs_->Create(Path("a"));
  ASSERT_TRUE(file->Preallocate(1 << 20).ok());
  auto reader = *fs_->OpenForRead(Path("a"));
  EXPECT_EQ(*reader->Size(), 0u);
  const std::string_view part = "12345678";
  ASSERT_TRUE(file->WriteAt(0, {&part, 1}).ok());
  ASSERT_TRUE(file->Truncate(3).ok());
  EXPECT_EQ(*reader->Size(), 3u);
}

TEST_F(PosixFileSystemTest, ReadsUpToTheEnd) {
  auto file = *fs_->Create(Path("a"));
  const std::string_view part = "12345678";
  ASSERT_TRUE(file->WriteAt(0, {&part, 1}).ok());
  auto reader = *fs_->OpenForRead(Path("a"));
  char buffer[16];
  EXPECT_EQ(*reader->ReadAt(6, buffer), 2u);
  EXPECT_EQ(std::string_view(buffer, 2), "78");
  EXPECT_EQ(*reader->ReadAt(8, buffer), 0u);
}

TEST_F(PosixFileSystemTest, CreatesListsRenamesAndDeletes) {
  ASSERT_TRUE(fs_->CreateDir(Path("x/y")).ok());
  ASSERT_TRUE(fs_->CreateDir(Path("x/y")).ok());
  ASSERT_TRUE(fs_->Create(Path("x/y/b")).ok());
  ASSERT_TRUE(fs_->Create(Path("x/y/a")).ok());
  EXPECT_EQ(*fs_->List(Path("x/y")), (std::vector<std::string>{"a", "b"}));
  ASSERT_TRUE(fs_->Rename(Path("x/y/a"), Path("x/y/c")).ok());
  ASSERT_TRUE(fs_->Delete(Path("x/y/b")).ok());
  EXPECT_TRUE(fs_->SyncDir(Path("x/y")).ok());
  EXPECT_EQ(*fs_->List(Path("x/y")), (std::vector<std::string>{"c"}));
}

TEST_F(PosixFileSystemTest, EmptiesAFileThatIsCreatedAgain) {
  const std::string_view part = "12345678";
  ASSERT_TRUE((*fs_->Create(Path("a")))->WriteAt(0, {&part, 1}).ok());
  ASSERT_TRUE((*fs_->OpenForWrite(Path("a")))->WriteAt(8, {&part, 1}).ok());
  EXPECT_EQ(ReadWholeFile(fs_.get(), Path("a"))->size(), 16u);
  ASSERT_TRUE(fs_->Create(Path("a")).ok());
  EXPECT_EQ(*ReadWholeFile(fs_.get(), Path("a")), "");
}

TEST_F(PosixFileSystemTest, NamesTheCallAndThePathInErrors) {
  const absl::Status missing = fs_->OpenForRead(Path("none")).status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_EQ(Message(missing), "open " + Path("none") + ": No such file or directory");
  EXPECT_TRUE(absl::IsNotFound(fs_->List(Path("none")).status()));
  EXPECT_TRUE(absl::IsNotFound(fs_->Delete(Path("none"))));
  EXPECT_TRUE(absl::IsNotFound(fs_->OpenForWrite(Path("none")).status()));
}

// Linux has a device that is always full.
TEST_F(PosixFileSystemTest, ReportsAFullDiskAsResourceExhausted) {
  auto full = fs_->OpenForWrite("/dev/full");
  ASSERT_TRUE(full.ok());
  const std::string_view part = "12345678";
  EXPECT_TRUE(absl::IsResourceExhausted((*full)->WriteAt(0, {&part, 1})));
}

}  // namespace
}  // namespace tidemark::base
