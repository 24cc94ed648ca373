// SegmentScanner finds the intact frames of one segment, in order, past anything that is not one.
//
// A frame is intact when the checksums of its header and of its payload hold. After bytes that
// are no frame the scanner tries every aligned offset; a header that holds is trusted with its
// length, so a segment is read once whatever it contains. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "storage/journal/internal/file_window.h"
#include "storage/journal/segment_format.h"

namespace tidemark::storage {

struct Frame {
  FrameHeader header;
  uint64_t offset = 0;
  std::string_view payload;  // valid until the next call
  std::string_view padding;  // zeros, if nothing is wrong; may be cut by the end of the file

  uint64_t bytes() const { return kFrameHeaderBytes + payload.size() + padding.size(); }
};

// Bytes that are no frame.
struct SkippedBytes {
  uint64_t offset = 0;
  uint64_t length = 0;  // without zeros at the end of the segment
  std::string cause;
};

class SegmentScanner {
 public:
  // `window` must outlive the scanner.
  SegmentScanner(FileWindow* window, SegmentId id)
      : window_(window), id_(id), position_(kSegmentHeaderBytes) {}

  // The next intact frame; nothing at the end.
  std::optional<Frame> Next();

  // What lies between the frame that Next() gave, or the end, and the one before it.
  const std::optional<SkippedBytes>& skipped() const { return skipped_; }

 private:
  std::optional<Frame> TryFrame();
  void NoteSkipped(uint64_t start, uint64_t end);
  void SkipToMagic();

  FileWindow* const window_;
  const SegmentId id_;
  uint64_t position_;
  uint64_t nonzero_end_ = 0;  // of what was skipped last
  std::string cause_;
  std::optional<SkippedBytes> skipped_;
};

}  // namespace tidemark::storage
