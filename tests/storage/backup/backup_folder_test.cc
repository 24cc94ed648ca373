#include "storage/backup/backup_folder.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "base/status_macros.h"
#include "tests/storage/db_fixture.h"

namespace tidemark::storage {
namespace {

using model::Labels;
using ::testing::HasSubstr;
using Access = RocksBackups::Access;

class BackupFolderTest : public DbFixture {
 protected:
  BackupFolderTest() : real_fs_(base::NewPosixFileSystem()), backups_(dir_.File("backups")) {}

  std::unique_ptr<BackupFolder> Folder(Access access) {
    auto folder = BackupFolder::Open(real_fs_.get(), backups_, access);
    EXPECT_TRUE(folder.ok()) << folder.status();
    return *std::move(folder);
  }
  // Backs up a snapshot of the running store.
  uint32_t BackUp() {
    const auto name = db_->Snapshot();
    EXPECT_TRUE(name.ok()) << name.status();
    const auto backup =
        Folder(Access::kWrite)->Create(options_.path + "/snapshots/" + *name, *name, progress_);
    EXPECT_TRUE(backup.ok()) << backup.status();
    return backup.ok() ? backup->id : 0;
  }
  absl::Status Restore(uint32_t id, const std::string& to) {
    return Folder(Access::kRead)->Restore(id, to, progress_);
  }
  void OpenAt(const std::string& path) {
    Drop();
    options_.path = path;
    Open();
  }
  // The files below the backups' folder whose path contains `part`.
  std::vector<std::filesystem::path> Files(std::string_view part) const {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(backups_)) {
      if (entry.is_regular_file() && entry.path().string().find(part) != std::string::npos) {
        files.push_back(entry.path());
      }
    }
    return files;
  }
  static void FlipByte(const std::filesystem::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(60);
    const char byte = static_cast<char>(file.get());
    file.seekp(60);
    file.put(static_cast<char>(byte ^ 1));
  }

  const std::unique_ptr<base::FileSystem> real_fs_;
  const std::string backups_;
  const BackupFolder::Progress progress_ = [](std::string_view, uint64_t) {};
  const Labels up_ = Labels::Of({{"__name__", "up"}, {"job", "tikv"}});
};

TEST_F(BackupFolderTest, GivesBackEachBackup) {
  Open();
  Put(up_, 1000, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  Put(up_, 2000, 2);
  EXPECT_EQ(BackUp(), 1u);
  Put(up_, 3000, 3);
  ASSERT_TRUE(db_->Sweep().ok());
  EXPECT_EQ(BackUp(), 2u);
  EXPECT_EQ(Folder(Access::kRead)->List().size(), 2u);

  ASSERT_TRUE(Restore(1, dir_.File("one")).ok());
  ASSERT_TRUE(Restore(0, dir_.File("newest")).ok());
  OpenAt(dir_.File("one"));
  EXPECT_EQ(Of(up_), Expect({{1000, 1}, {2000, 2}}));
  Put(up_, 2500, 2.5);
  OpenAt(dir_.File("newest"));
  EXPECT_EQ(Of(up_), Expect({{1000, 1}, {2000, 2}, {3000, 3}}));
}

TEST_F(BackupFolderTest, CopiesOnlyTableFilesThatAreNew) {
  Open();
  Put(up_, 1000, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  BackUp();
  const size_t tables = Files("shared_checksum").size();
  ASSERT_GT(tables, 0u);
  BackUp();
  EXPECT_EQ(Files("shared_checksum").size(), tables);
}

TEST_F(BackupFolderTest, BacksUpAClosedDataFolder) {
  Open();
  Put(up_, 1000, 1);
  ASSERT_TRUE(db_->Close().ok());
  db_.reset();
  ASSERT_TRUE(Folder(Access::kWrite)->Create(options_.path, "name", progress_).ok());
  ASSERT_TRUE(Restore(0, dir_.File("new")).ok());
  OpenAt(dir_.File("new"));
  EXPECT_EQ(Of(up_), Expect({{1000, 1}}));
}

TEST_F(BackupFolderTest, FindsChangedBytesAndRestoresNothingThen) {
  Open();
  Put(up_, 1000, 1);
  ASSERT_TRUE(db_->Sweep().ok());
  Put(up_, 2000, 2);
  BackUp();
  EXPECT_TRUE(Folder(Access::kRead)->Verify(1, progress_).ok());
  for (const char* part : {"shared_checksum", ".journal"}) {
    const std::filesystem::path damaged = Files(part).front();
    FlipByte(damaged);
    EXPECT_EQ(Folder(Access::kRead)->Verify(1, progress_).code(), absl::StatusCode::kDataLoss);
    EXPECT_EQ(Restore(1, dir_.File("new")).code(), absl::StatusCode::kDataLoss) << damaged;
    EXPECT_FALSE(std::filesystem::exists(dir_.File("new")));
    FlipByte(damaged);
  }
  EXPECT_TRUE(Restore(1, dir_.File("new")).ok());
}

TEST_F(BackupFolderTest, TellsWhatItCannotDo) {
  const auto nothing = BackupFolder::Open(real_fs_.get(), dir_.File("none"), Access::kRead);
  EXPECT_EQ(nothing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_FALSE(std::filesystem::exists(dir_.File("none")));

  const absl::Status no_data =
      Folder(Access::kWrite)->Create(dir_.File("none"), "name", progress_).status();
  EXPECT_THAT(std::string(base::Message(no_data)), HasSubstr("is no data folder of Tidemark"));

  Open();
  Put(up_, 1000, 1);
  BackUp();
  EXPECT_EQ(Folder(Access::kRead)->Find(7).status().code(), absl::StatusCode::kNotFound);
  const absl::Status over = Restore(1, options_.path);
  EXPECT_EQ(over.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(base::Message(over)), HasSubstr("is not empty"));
}

TEST_F(BackupFolderTest, RemovesWhatACrashLeftOfAnUnfinishedBackup) {
  std::filesystem::create_directories(backups_ + "/journal/unfinished");
  Open();
  BackUp();
  EXPECT_FALSE(std::filesystem::exists(backups_ + "/journal/unfinished"));
  BackUp();
  EXPECT_TRUE(Folder(Access::kRead)->Verify(1, progress_).ok());
}

}  // namespace
}  // namespace tidemark::storage
