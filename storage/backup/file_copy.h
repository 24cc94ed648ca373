// Copies of files that must be whole: synced, and known by size and checksum.
//
// Thread-compatible. Errors name the file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "storage/journal/segment_format.h"

namespace tidemark::storage {

// A file's name in its folder and its content in brief.
struct CopiedFile {
  std::string name;
  uint64_t bytes = 0;
  uint32_t crc = 0;  // CRC-32C

  friend bool operator==(const CopiedFile&, const CopiedFile&) = default;
};

// Copies `name` from one folder to another, replacing what is there, and syncs the copy.
absl::StatusOr<CopiedFile> CopyFile(base::FileSystem* fs, const std::string& from_dir,
                                    const std::string& to_dir, const std::string& name);

// Reads the file and gives its size and checksum.
absl::StatusOr<CopiedFile> ExamineFile(base::FileSystem* fs, const std::string& dir,
                                       const std::string& name);

// Copies the segments of a journal up to and including `last` into the folder `to_dir`, which is
// made, and syncs it.
absl::StatusOr<std::vector<CopiedFile>> CopyJournal(base::FileSystem* fs,
                                                    const std::string& from_dir,
                                                    const std::string& to_dir, SegmentId last);

}  // namespace tidemark::storage
