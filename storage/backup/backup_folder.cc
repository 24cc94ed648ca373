#include "storage/backup/backup_folder.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "base/status_macros.h"
#include "storage/journal/journal_reader.h"

namespace tidemark::storage {
namespace {

namespace filesystem = std::filesystem;

constexpr std::string_view kStores = "rocksdb";
constexpr std::string_view kJournals = "journal";

std::string Below(const std::string& dir, std::string_view name) {
  return fmt::format("{}/{}", dir, name);
}

// The folder in which `path` will lie: the nearest one that exists.
filesystem::path ExistingParent(const std::string& path) {
  std::error_code ignored;
  filesystem::path parent = filesystem::absolute(path, ignored);
  while (!filesystem::exists(parent, ignored) && parent.has_relative_path()) {
    parent = parent.parent_path();
  }
  return parent;
}

absl::Status CheckSpace(const std::string& path, uint64_t bytes) {
  std::error_code error;
  const filesystem::space_info space = filesystem::space(ExistingParent(path), error);
  if (!error && space.available < bytes) {
    return absl::ResourceExhaustedError(
        fmt::format("{} bytes are needed in {}, {} are free", bytes, path, space.available));
  }
  return absl::OkStatus();
}

absl::Status CheckEmpty(const std::string& data) {
  std::error_code error;
  if (!filesystem::exists(data, error) || filesystem::is_empty(data, error)) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      fmt::format("folder {} is not empty; restore to a new one", data));
}

absl::Status CheckDataFolder(const std::string& data) {
  std::error_code ignored;
  return filesystem::exists(Below(data, "rocksdb/CURRENT"), ignored)
             ? absl::OkStatus()
             : absl::NotFoundError(fmt::format("{} is no data folder of Tidemark", data));
}

absl::Status CheckVersion(std::string_view what, uint32_t version, uint32_t ours) {
  return version == ours ? absl::OkStatus()
                         : absl::FailedPreconditionError(fmt::format(
                               "the backup's {} has format version {}, this program reads {}", what,
                               version, ours));
}

}  // namespace

absl::StatusOr<std::unique_ptr<BackupFolder>> BackupFolder::Open(base::FileSystem* fs,
                                                                 const std::string& path,
                                                                 RocksBackups::Access access) {
  std::error_code ignored;
  if (access == RocksBackups::Access::kWrite) {
    RETURN_IF_ERROR(fs->CreateDir(path));
  } else if (!filesystem::exists(Below(path, kStores), ignored)) {
    return absl::NotFoundError(fmt::format("{} holds no backups", path));
  }
  ASSIGN_OR_RETURN(auto stores, RocksBackups::Open(Below(path, kStores), access));
  return std::unique_ptr<BackupFolder>(new BackupFolder(fs, path, std::move(stores)));
}

std::string BackupFolder::JournalDir(const std::string& name) const {
  return fmt::format("{}/{}/{}", path_, kJournals, name);
}

absl::StatusOr<BackupFolder::Backup> BackupFolder::Create(const std::string& data,
                                                          const std::string& name,
                                                          const Progress& progress) {
  RETURN_IF_ERROR(CheckDataFolder(data));
  RETURN_IF_ERROR(RemoveUnfinished());
  BackupNote note{.store_version = StoreFormatVersion(),
                  .journal_version = kJournalVersion,
                  .folder = name,
                  .journal = {}};
  progress("copying the journal", 0);
  ASSIGN_OR_RETURN(note.journal,
                   CopyJournal(fs_, Below(data, kJournals), JournalDir(name), UINT64_MAX));
  RETURN_IF_ERROR(fs_->SyncDir(Below(path_, kJournals)));
  ASSIGN_OR_RETURN(const uint32_t id, stores_->Create(Below(data, kStores), note.ToText(),
                                                      [&progress](uint64_t bytes) {
                                                        progress("copying the store", bytes);
                                                      }));
  return Find(id);
}

std::vector<BackupFolder::Backup> BackupFolder::List() const {
  std::vector<Backup> backups;
  for (const StoreBackup& store : stores_->List()) {
    const absl::StatusOr<BackupNote> note = BackupNote::FromText(store.note);
    backups.push_back(
        {store.id, store.created_ms, store.bytes + (note.ok() ? note->JournalBytes() : 0)});
  }
  return backups;
}

absl::StatusOr<BackupFolder::Backup> BackupFolder::Find(uint32_t id) const {
  const std::vector<Backup> backups = List();
  const auto found = id == 0 && !backups.empty()
                         ? std::prev(backups.end())
                         : std::find_if(backups.begin(), backups.end(),
                                        [id](const Backup& backup) { return backup.id == id; });
  if (found == backups.end()) {
    return absl::NotFoundError(id == 0 ? fmt::format("{} holds no backups", path_)
                                       : fmt::format("{} holds no backup {}", path_, id));
  }
  return *found;
}

absl::StatusOr<BackupNote> BackupFolder::NoteOf(uint32_t id) const {
  for (const StoreBackup& store : stores_->List()) {
    if (store.id == id) {
      return BackupNote::FromText(store.note);
    }
  }
  return absl::NotFoundError(fmt::format("{} holds no backup {}", path_, id));
}

// Journals that no backup names.
absl::Status BackupFolder::RemoveUnfinished() const {
  std::set<std::string> named;
  for (const StoreBackup& store : stores_->List()) {
    ASSIGN_OR_RETURN(const BackupNote note, BackupNote::FromText(store.note));
    named.insert(note.folder);
  }
  const std::string journals = Below(path_, kJournals);
  RETURN_IF_ERROR(fs_->CreateDir(journals));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, fs_->List(journals));
  for (const std::string& name : names) {
    std::error_code error;
    if (!named.contains(name)) {
      filesystem::remove_all(JournalDir(name), error);
    }
    if (error) {
      return absl::InternalError(fmt::format("remove {}: {}", JournalDir(name), error.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status BackupFolder::Verify(uint32_t id, const Progress& progress) const {
  ASSIGN_OR_RETURN(const Backup backup, Find(id));
  ASSIGN_OR_RETURN(const BackupNote note, NoteOf(backup.id));
  progress("verifying", 0);
  RETURN_IF_ERROR(VerifyJournal(note));
  return stores_->Verify(backup.id);
}

absl::Status BackupFolder::VerifyJournal(const BackupNote& note) const {
  const std::string dir = JournalDir(note.folder);
  for (const CopiedFile& file : note.journal) {
    ASSIGN_OR_RETURN(const CopiedFile found, ExamineFile(fs_, dir, file.name));
    if (found != file) {
      return absl::DataLossError(
          fmt::format("{}/{} is not what was backed up: {} bytes with checksum {:08x}, "
                      "not {} with {:08x}",
                      dir, file.name, found.bytes, found.crc, file.bytes, file.crc));
    }
  }
  return absl::OkStatus();
}

absl::Status BackupFolder::Restore(uint32_t id, const std::string& data,
                                   const Progress& progress) const {
  RETURN_IF_ERROR(CheckEmpty(data));
  ASSIGN_OR_RETURN(const Backup backup, Find(id));
  ASSIGN_OR_RETURN(const BackupNote note, NoteOf(backup.id));
  RETURN_IF_ERROR(CheckVersion("store", note.store_version, StoreFormatVersion()));
  RETURN_IF_ERROR(CheckVersion("journal", note.journal_version, kJournalVersion));
  RETURN_IF_ERROR(CheckSpace(data, backup.bytes));
  RETURN_IF_ERROR(Verify(backup.id, progress));
  absl::Status restored = RestoreInto(backup.id, note, data, progress);
  if (!restored.ok()) {
    std::error_code ignored;
    for (const std::string_view part : {kStores, kJournals}) {
      filesystem::remove_all(Below(data, part), ignored);
    }
  }
  return restored;
}

// The journal comes last: a folder without one is not taken for whole by whoever looks at it.
absl::Status BackupFolder::RestoreInto(uint32_t id, const BackupNote& note, const std::string& data,
                                       const Progress& progress) const {
  RETURN_IF_ERROR(fs_->CreateDir(data));
  progress("copying the store", 0);
  RETURN_IF_ERROR(stores_->Restore(id, Below(data, kStores)));
  progress("copying the journal", 0);
  const std::string journal = Below(data, kJournals);
  RETURN_IF_ERROR(fs_->CreateDir(journal));
  for (const CopiedFile& file : note.journal) {
    ASSIGN_OR_RETURN(const CopiedFile copied,
                     CopyFile(fs_, JournalDir(note.folder), journal, file.name));
    if (copied != file) {
      return absl::DataLossError(fmt::format("{} changed while it was copied", file.name));
    }
  }
  RETURN_IF_ERROR(fs_->SyncDir(journal));
  return fs_->SyncDir(data);
}

}  // namespace tidemark::storage
