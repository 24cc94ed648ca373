// BackupNote is what a backup says about itself besides its store's files: versions, and the files
// of its journal with their checksums. Kept as text with the store's backup.
//
//   tidemark-backup 1
//   store 2
//   journal 2
//   folder 20261122T064500Z-0123456789abcdef
//   file 00000007.journal 123456 89abcdef
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "storage/backup/file_copy.h"

namespace tidemark::storage {

struct BackupNote {
  uint32_t store_version = 0;
  uint32_t journal_version = 0;
  std::string folder;  // where the journal's files lie in the backup folder
  std::vector<CopiedFile> journal;

  std::string ToText() const;
  // DataLoss for what is no note; FailedPrecondition for a note of another format.
  static absl::StatusOr<BackupNote> FromText(std::string_view text);

  uint64_t JournalBytes() const;
};

}  // namespace tidemark::storage
