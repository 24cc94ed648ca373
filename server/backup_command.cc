#include "server/backup_command.h"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "fmt/chrono.h"
#include "fmt/format.h"
#include "server/data_lock.h"
#include "server/snapshot_client.h"
#include "storage/backup/backup_folder.h"
#include "storage/backup/snapshot.h"

namespace tidemark::server {
namespace {

using storage::BackupFolder;
using storage::RocksBackups;

constexpr double kMebibyte = 1024.0 * 1024.0;

std::string SizeText(uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / kMebibyte);
}

// Prints once a second what is being done, as long as it lives.
class ProgressLines {
 public:
  explicit ProgressLines(std::FILE* stream) : stream_(stream), printer_([this] { Print(); }) {}
  ~ProgressLines() {
    {
      base::MutexLock lock(&mu_);
      done_ = true;
      wake_.SignalAll();
    }
    printer_.join();
  }
  ProgressLines(const ProgressLines&) = delete;
  ProgressLines& operator=(const ProgressLines&) = delete;

  void Show(std::string_view what, uint64_t bytes) ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    what_ = what;
    bytes_ = bytes;
  }

 private:
  static constexpr int64_t kIntervalMs = 1000;

  void Print() ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    for (int seconds = 1; !done_; ++seconds) {
      if (wake_.WaitFor(&mu_, kIntervalMs) && !what_.empty()) {
        fmt::print(stream_, "{}, {} s{}\n", what_, seconds,
                   bytes_ > 0 ? ", " + SizeText(bytes_) : "");
        std::fflush(stream_);
      }
    }
  }

  std::FILE* const stream_;
  base::Mutex mu_;
  base::CondVar wake_;
  std::string what_ ABSL_GUARDED_BY(mu_);
  uint64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool done_ ABSL_GUARDED_BY(mu_) = false;
  std::thread printer_;
};

class BackupCommand {
 public:
  BackupCommand(const BackupFlags& flags, std::FILE* out, std::FILE* progress)
      : flags_(flags), out_(out), fs_(base::NewPosixFileSystem()), lines_(progress) {}

  absl::Status Run();

 private:
  absl::Status Create();
  absl::Status CreateFrom(const std::string& data);
  absl::Status CreateOnline();
  absl::Status List();
  absl::Status Verify();
  absl::Status Restore();

  absl::StatusOr<std::unique_ptr<BackupFolder>> Folder(RocksBackups::Access access) {
    return BackupFolder::Open(fs_.get(), flags_.folder, access);
  }
  BackupFolder::Progress Progress() {
    return [this](std::string_view what, uint64_t bytes) { lines_.Show(what, bytes); };
  }
  void PrintBackup(const BackupFolder::Backup& backup) {
    fmt::print(out_, "backup {}  {:%Y-%m-%dT%H:%M:%SZ}  {}\n", backup.id,
               fmt::gmtime(static_cast<std::time_t>(backup.created_ms / 1000)),
               SizeText(backup.bytes));
  }

  const BackupFlags& flags_;
  std::FILE* const out_;
  const std::unique_ptr<base::FileSystem> fs_;
  ProgressLines lines_;
};

absl::Status BackupCommand::Run() {
  switch (flags_.action) {
    case BackupFlags::Action::kCreate:
      return Create();
    case BackupFlags::Action::kList:
      return List();
    case BackupFlags::Action::kVerify:
      return Verify();
    case BackupFlags::Action::kRestore:
      return Restore();
  }
  return absl::OkStatus();
}

absl::Status BackupCommand::Create() {
  std::error_code ignored;
  if (!std::filesystem::exists(flags_.storage_path + "/rocksdb", ignored)) {
    return absl::NotFoundError(
        fmt::format("{} is no data folder of Tidemark", flags_.storage_path));
  }
  if (!flags_.url.empty()) {
    return CreateOnline();
  }
  absl::StatusOr<std::unique_ptr<DataLock>> lock = DataLock::Acquire(flags_.storage_path);
  if (!lock.ok()) {
    return absl::FailedPreconditionError(
        fmt::format("{}; give the address of that server with --url, and run it with "
                    "--web.enable-admin-api",
                    base::Message(lock.status())));
  }
  return CreateFrom(flags_.storage_path);
}

absl::Status BackupCommand::CreateOnline() {
  lines_.Show("waiting for the server's snapshot", 0);
  ASSIGN_OR_RETURN(const std::string name, RequestSnapshot(flags_.url));
  const std::string snapshot = storage::SnapshotPath(flags_.storage_path, name);
  std::error_code ignored;
  if (!std::filesystem::exists(snapshot, ignored)) {
    return absl::NotFoundError(
        fmt::format("{} made the snapshot {}, but {} is not there; --storage.path must be "
                    "the data folder of that server, on this machine",
                    flags_.url, name, snapshot));
  }
  const absl::Cleanup remove = [&snapshot, &ignored] {
    std::filesystem::remove_all(snapshot, ignored);
  };
  return CreateFrom(snapshot);
}

absl::Status BackupCommand::CreateFrom(const std::string& data) {
  ASSIGN_OR_RETURN(const auto folder, Folder(RocksBackups::Access::kWrite));
  const int64_t now_ms = base::SystemClock().NowMs();
  ASSIGN_OR_RETURN(const BackupFolder::Backup backup,
                   folder->Create(data, storage::NewSnapshotName(now_ms), Progress()));
  PrintBackup(backup);
  return absl::OkStatus();
}

absl::Status BackupCommand::List() {
  ASSIGN_OR_RETURN(const auto folder, Folder(RocksBackups::Access::kRead));
  for (const BackupFolder::Backup& backup : folder->List()) {
    PrintBackup(backup);
  }
  return absl::OkStatus();
}

absl::Status BackupCommand::Verify() {
  ASSIGN_OR_RETURN(const auto folder, Folder(RocksBackups::Access::kRead));
  ASSIGN_OR_RETURN(const BackupFolder::Backup backup, folder->Find(flags_.id));
  RETURN_IF_ERROR(folder->Verify(backup.id, Progress()));
  PrintBackup(backup);
  return absl::OkStatus();
}

absl::Status BackupCommand::Restore() {
  ASSIGN_OR_RETURN(const auto folder, Folder(RocksBackups::Access::kRead));
  ASSIGN_OR_RETURN(const BackupFolder::Backup backup, folder->Find(flags_.id));
  RETURN_IF_ERROR(folder->Restore(backup.id, flags_.storage_path, Progress()));
  PrintBackup(backup);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunBackup(const BackupFlags& flags, std::FILE* out, std::FILE* progress) {
  return BackupCommand(flags, out, progress).Run();
}

}  // namespace tidemark::server
