// FileSystem is the little that the journal asks of a disk, so that tests can give it a faulty one
// (tests/testing/faulty_file_system.h).
//
// A FileSystem is thread-safe. A file handle is thread-compatible: calls on one handle must not
// overlap. Paths are as the operating system takes them. Errors name the call and the path:
// "sync /data/journal/00000001.journal: Input/output error". No space is ResourceExhausted, a
// missing file NotFound, an input/output error DataLoss.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tidemark::base {

// A file being written. What was written is sure to survive a power loss only after Sync(), and
// the file's name only after FileSystem::SyncDir(). The destructor closes.
class WritableFile {
 public:
  virtual ~WritableFile() = default;

  // Writes all of `parts`, one behind the other, from `offset` on. After an error any part of the
  // range may have been written.
  virtual absl::Status WriteAt(uint64_t offset, std::span<const std::string_view> parts) = 0;

  // Reserves disk space for the first `bytes` without changing the size. OK where the file system
  // cannot reserve.
  virtual absl::Status Preallocate(uint64_t bytes) = 0;

  // Cuts or extends to `size`; space reserved behind it is given back.
  virtual absl::Status Truncate(uint64_t size) = 0;

  // Brings the content and what is needed to read it to the disk. After an error nothing written
  // since the last success may be taken for durable, whatever a later Sync() says.
  virtual absl::Status Sync() = 0;
};

// A file being read.
class ReadableFile {
 public:
  virtual ~ReadableFile() = default;

  virtual absl::StatusOr<uint64_t> Size() = 0;

  // Reads up to out.size() bytes from `offset` on; fewer only at the end of the file.
  virtual absl::StatusOr<size_t> ReadAt(uint64_t offset, std::span<char> out) = 0;
};

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // A new empty file; one that is there under this name is emptied.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) = 0;
  // A file that exists.
  virtual absl::StatusOr<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) = 0;
  virtual absl::StatusOr<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) = 0;

  // Makes the folder and those above it; OK when it is there.
  virtual absl::Status CreateDir(const std::string& path) = 0;
  // Names of the files in a folder, without the folder, in order.
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& dir) = 0;
  // Makes creations, deletions and renames in the folder durable.
  virtual absl::Status SyncDir(const std::string& dir) = 0;

  virtual absl::Status Delete(const std::string& path) = 0;
  // Replaces `to` if it exists.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
};

// The operating system's files.
std::unique_ptr<FileSystem> NewPosixFileSystem();

// The whole content of a file.
absl::StatusOr<std::string> ReadWholeFile(FileSystem* fs, const std::string& path);

}  // namespace tidemark::base
