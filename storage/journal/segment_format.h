// The bytes of a journal segment: names, segment header, frames. Drawn in docs/format/journal.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidemark::storage {

// Number of a segment, from 1 on; a later segment has a higher one.
using SegmentId = uint64_t;

inline constexpr uint32_t kJournalVersion = 2;
inline constexpr size_t kSegmentHeaderBytes = 48;
inline constexpr size_t kFrameHeaderBytes = 32;
inline constexpr size_t kFrameAlignment = 8;
inline constexpr size_t kMaxPayloadBytes = 1u << 30;

// Why a segment was begun, which tells what its predecessor must look like.
enum class SegmentKind : uint32_t {
  kRotation = 1,      // the predecessor was closed in order: it has its footer
  kAfterOpen = 2,     // first of a run: the predecessor may have a torn tail
  kAfterFailure = 3,  // the predecessor was abandoned after an error of the disk
};

struct SegmentHeader {
  SegmentKind kind = SegmentKind::kAfterOpen;
  SegmentId id = 0;
  // Sequence of the first record. Records in earlier segments with this sequence or a higher one
  // were never acknowledged and do not count.
  uint64_t first_sequence = 0;
  int64_t created_ms = 0;  // Unix time
  // The file was that of an earlier segment, whose bytes may still lie behind the last frame.
  bool reused = false;
};

enum class FrameKind { kRecord, kFooter };

struct FrameHeader {
  FrameKind kind = FrameKind::kRecord;
  uint32_t length = 0;        // of the payload, in bytes
  uint64_t sequence = 0;      // of the record; in a footer, of the record that would have come next
  uint64_t synced_bytes = 0;  // when this was written, the segment was on disk up to here
  uint32_t payload_crc = 0;
};

// "00000001.journal"
std::string SegmentName(SegmentId id);
std::string SegmentPath(std::string_view dir, SegmentId id);
// Nothing if `name` is not a segment's.
std::optional<SegmentId> ParseSegmentName(std::string_view name);

// Bytes of a frame with a payload of `length`, padding included.
constexpr uint64_t FrameBytes(uint64_t length) {
  return (kFrameHeaderBytes + length + kFrameAlignment - 1) / kFrameAlignment * kFrameAlignment;
}

std::array<char, kSegmentHeaderBytes> EncodeSegmentHeader(const SegmentHeader& header);
// DataLoss for bytes that are no header of segment `id`; FailedPrecondition for a whole header of
// another format version. `bytes` may be shorter than a header.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view bytes, SegmentId id);

// False only for the first eight bytes of what is no frame.
bool MayBeginFrame(uint64_t word);

// Writes kFrameHeaderBytes to `out`.
void EncodeFrameHeader(const FrameHeader& header, SegmentId id, char* out);
// Nothing for bytes that are no frame header of segment `id`.
// REQUIRES: bytes.size() >= kFrameHeaderBytes.
std::optional<FrameHeader> DecodeFrameHeader(std::string_view bytes, SegmentId id);

}  // namespace tidemark::storage
