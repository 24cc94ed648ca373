// A recording is a file of compressed remote-write bodies, to be sent again with identical bytes.
//
//   "TMFLEET1"  u32 shards
//   then, until the end of the file:
//   u32 shard  u32 samples  u32 length  body
//
// Numbers are little-endian. Bodies of one shard must be sent in the order of the file, those of
// different shards in any order. Both types are thread-compatible.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tidemark::fleetsim {

class RecordingWriter {
 public:
  static absl::StatusOr<RecordingWriter> Create(const std::string& path, uint32_t shards);

  absl::Status Append(uint32_t shard, size_t samples, std::string_view body);
  // Call once, last.
  absl::Status Close();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  RecordingWriter(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  absl::Status Write(std::string_view bytes);

  std::string path_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

// Recording maps a file into memory; the bodies are views into it.
class Recording {
 public:
  struct Request {
    uint32_t shard = 0;
    uint32_t samples = 0;
    std::string_view body;
  };

  static absl::StatusOr<Recording> Open(const std::string& path);
  ~Recording();
  Recording(Recording&& other) noexcept;
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  uint32_t shards() const { return shards_; }
  std::span<const Request> requests() const { return requests_; }

 private:
  Recording(void* map, size_t size) : map_(map), size_(size) {}
  absl::Status Index();

  void* map_;
  size_t size_;
  uint32_t shards_ = 0;
  std::vector<Request> requests_;
};

}  // namespace tidemark::fleetsim
