// SegmentWriter is the segment that is being written: a header, frames, and a footer if it is
// closed in order.
//
// Owned by SegmentLog and used on the journal's thread only. After an error of Write() or Sync()
// only Abandon() and the destructor may follow.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "storage/journal/internal/frame_batch.h"
#include "storage/journal/segment_format.h"

namespace tidemark::storage {

class SegmentWriter {
 public:
  // Begins the segment that `header` tells of in `dir`, with `reserve_bytes` of disk space, in the
  // file `spare` or in a new one. With `durable` the header and the name are on disk before this
  // returns. A spare file gets the name after the header, so that no name ever stands for what the
  // file held before. On failure no file is left behind, if the disk allows.
  static absl::StatusOr<std::unique_ptr<SegmentWriter>> Create(base::FileSystem* fs,
                                                               const std::string& dir,
                                                               SegmentHeader header,
                                                               uint64_t reserve_bytes, bool durable,
                                                               std::optional<std::string> spare);

  SegmentId id() const { return id_; }
  bool has_records() const { return end_ > kSegmentHeaderBytes; }
  // Where the next frame goes.
  uint64_t end() const { return end_; }
  // Up to here the segment is on disk.
  uint64_t synced_bytes() const { return synced_bytes_; }
  // True if `bytes` and a footer still go into the reserved space.
  bool HasRoom(uint64_t bytes) const;

  absl::Status Write(FrameBatch* batch);
  absl::Status Sync();

  // Writes the footer, gives back the space that is left and, with `durable`, syncs.
  absl::Status Finish(uint64_t next_sequence, bool durable);

  // Forgets everything from `good_bytes` on, as far as the disk allows.
  void Abandon(uint64_t good_bytes);

 private:
  SegmentWriter(SegmentId id, uint64_t reserve_bytes, std::unique_ptr<base::WritableFile> file)
      : id_(id), reserve_bytes_(reserve_bytes), file_(std::move(file)) {}

  absl::Status Begin(const SegmentHeader& header, bool durable);

  const SegmentId id_;
  const uint64_t reserve_bytes_;
  const std::unique_ptr<base::WritableFile> file_;
  uint64_t end_ = 0;
  uint64_t synced_bytes_ = 0;
};

}  // namespace tidemark::storage
