#include "storage/journal/internal/segment_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/crc32c.h"
#include "base/status_macros.h"

namespace tidemark::storage {
namespace {

constexpr size_t kScanStep = 64u << 10;

// The length of `bytes` without the zeros at its end.
size_t LengthWithoutZeros(std::string_view bytes) {
  const size_t last = bytes.find_last_not_of('\0');
  return last == std::string_view::npos ? 0 : last + 1;
}

}  // namespace

std::optional<Frame> SegmentScanner::Next() {
  const uint64_t start = position_;
  nonzero_end_ = start;
  cause_.clear();
  skipped_.reset();
  while (position_ < window_->size()) {
    if (std::optional<Frame> frame = TryFrame()) {
      NoteSkipped(start, frame->offset);
      return frame;
    }
  }
  NoteSkipped(start, nonzero_end_);
  return std::nullopt;
}

// The frame at position_, which moves behind it; otherwise to the next place worth trying.
std::optional<Frame> SegmentScanner::TryFrame() {
  const std::string_view bytes = window_->Look(position_, kFrameHeaderBytes);
  const auto header = bytes.size() == kFrameHeaderBytes ? DecodeFrameHeader(bytes, id_)
                                                        : std::optional<FrameHeader>();
  const uint64_t end = position_ + kFrameHeaderBytes + (header ? header->length : 0);
  if (!header || end > window_->size()) {
    if (cause_.empty()) {
      cause_ = header ? "record is cut off" : "no record here";
    }
    SkipToMagic();
    return std::nullopt;
  }
  const uint64_t offset = position_;
  std::string_view whole = window_->Look(offset, FrameBytes(header->length));
  whole.remove_prefix(kFrameHeaderBytes);
  position_ += FrameBytes(header->length);
  const std::string_view payload = whole.substr(0, header->length);
  if (base::Crc32c(payload) != header->payload_crc) {
    nonzero_end_ = end;
    if (cause_.empty()) {
      cause_ = fmt::format("checksum of record {} differs", header->sequence);
    }
    return std::nullopt;
  }
  return Frame{*header, offset, payload, whole.substr(header->length)};
}

// Moves on by at least one step, to the next word that may begin a frame or to the end.
void SegmentScanner::SkipToMagic() {
  for (bool first = true; position_ < window_->size(); first = false) {
    const std::string_view ahead = window_->Look(position_, kScanStep);
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= ahead.size(); at += kFrameAlignment) {
      uint64_t word = 0;
      std::memcpy(&word, ahead.data() + at, sizeof(word));
      if (MayBeginFrame(word) && !(first && at == 0)) {
        position_ += at;
        return;
      }
      if (word != 0) {
        nonzero_end_ = position_ + at + (static_cast<size_t>(std::bit_width(word)) + 7) / 8;
      }
    }
    if (const size_t used = LengthWithoutZeros(ahead.substr(at)); used > 0) {
      nonzero_end_ = position_ + at + used;
    }
    position_ += std::max(at, kFrameAlignment);
  }
}

void SegmentScanner::NoteSkipped(uint64_t start, uint64_t end) {
  if (end <= start) {
    return;
  }
  if (const absl::Status error = window_->TakeError(); !error.ok()) {
    cause_ = fmt::format("{} ({})", cause_, base::Message(error));
  }
  skipped_ = SkippedBytes{start, end - start, cause_};
}

}  // namespace tidemark::storage
