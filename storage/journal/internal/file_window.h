// FileWindow shows parts of a file through one buffer that is read ahead.
//
// Where the disk cannot read, the window shows zeros and remembers the error, so that what lies
// behind is still reached. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "base/file_system.h"

namespace tidemark::storage {

class FileWindow {
 public:
  FileWindow(std::unique_ptr<base::ReadableFile> file, uint64_t size)
      : file_(std::move(file)), size_(size) {}

  uint64_t size() const { return size_; }

  // `length` bytes from `offset` on, fewer at the end of the file. Valid until the next call.
  std::string_view Look(uint64_t offset, size_t length);

  // The last error of the disk since the last call; OK if everything could be read.
  absl::Status TakeError() { return std::exchange(error_, absl::OkStatus()); }

 private:
  void Fill(uint64_t offset, size_t length);
  void FillInPieces();

  const std::unique_ptr<base::ReadableFile> file_;
  const uint64_t size_;
  uint64_t begin_ = 0;  // of buffer_ in the file
  std::string buffer_;
  absl::Status error_;
};

}  // namespace tidemark::storage
