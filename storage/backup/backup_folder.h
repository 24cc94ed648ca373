// BackupFolder keeps backups of data folders: a data folder is the store's folder rocksdb/ and the
// journal's, journal/, and nobody may use it while it is backed up. A snapshot (Db::Snapshot) is
// such a folder, taken of a running server.
//
//   <folder>/rocksdb/…        the stores, files that several backups share once
//   <folder>/journal/<name>/  the journal of one backup
//
// A backup is there as soon as its store's part is, which comes last and names the journal's
// folder; what a crash left of an unfinished one is removed by the next Create. docs/backup.md has
// the operator's view. Thread-compatible; Progress functions are called on the caller's thread or,
// never at the same time, on another one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "storage/backup/backup_note.h"
#include "storage/rocksdb/rocks_backups.h"

namespace tidemark::storage {

class BackupFolder {
 public:
  struct Backup {
    uint32_t id = 0;  // from 1 on
    int64_t created_ms = 0;
    uint64_t bytes = 0;  // to restore it
  };
  // Hears what is being done ("copying the store") and how many bytes of it are.
  using Progress = std::function<void(std::string_view what, uint64_t bytes)>;

  // For reading the folder must hold backups. `fs` must outlive the result.
  static absl::StatusOr<std::unique_ptr<BackupFolder>> Open(base::FileSystem* fs,
                                                            const std::string& path,
                                                            RocksBackups::Access access);

  // Backs up the data folder `data`. `name` must be unlike that of any other backup; letters,
  // digits, '-'. REQUIRES: opened for writing.
  absl::StatusOr<Backup> Create(const std::string& data, const std::string& name,
                                const Progress& progress);

  // Oldest first.
  std::vector<Backup> List() const;

  // The backup numbered `id`, the newest for 0. NotFound if there is none.
  absl::StatusOr<Backup> Find(uint32_t id) const;

  // For `id`, here and below, 0 is the newest backup.
  // DataLoss, naming the file, when anything of the backup is not what was written.
  absl::Status Verify(uint32_t id, const Progress& progress) const;

  // Verifies the backup and makes a data folder of it at `data`, which must be empty or not there.
  // ResourceExhausted when there is not enough space. After an error nothing is left there.
  absl::Status Restore(uint32_t id, const std::string& data, const Progress& progress) const;

 private:
  BackupFolder(base::FileSystem* fs, std::string path, std::unique_ptr<RocksBackups> stores)
      : fs_(fs), path_(std::move(path)), stores_(std::move(stores)) {}

  std::string JournalDir(const std::string& name) const;
  absl::StatusOr<BackupNote> NoteOf(uint32_t id) const;
  absl::Status RemoveUnfinished() const;
  absl::Status VerifyJournal(const BackupNote& note) const;
  absl::Status RestoreInto(uint32_t id, const BackupNote& note, const std::string& data,
                           const Progress& progress) const;

  base::FileSystem* const fs_;
  const std::string path_;
  const std::unique_ptr<RocksBackups> stores_;
};

}  // namespace tidemark::storage
