// ReplayJournal reads a journal's segments in order and hands every intact record to a visitor.
//
// A tail that was being written when the power went is normal and silent. Any other damage (bytes
// that changed, a hole, a missing segment or record) is reported with its place, and everything
// readable behind it is still delivered. Segments are streamed: memory is bounded by the largest
// record. Reads only; call it before Journal::Open. Rules: docs/format/journal.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file_system.h"
#include "storage/journal/journal.h"
#include "storage/journal/segment_format.h"

namespace tidemark::storage {

struct RecordPosition {
  SegmentId segment = 0;
  uint64_t offset = 0;  // of the record's frame in the segment
  uint64_t sequence = 0;
};

struct Damage {
  SegmentId segment = 0;
  uint64_t offset = 0;
  uint64_t length = 0;  // 0 where something is missing rather than unreadable
  std::string cause;    // "header checksum differs", "records 17 to 19 are missing", …
};

struct ReplayReport {
  uint64_t segments = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;  // of payloads delivered
  JournalStart next;   // for Journal::Open
  // Not counted: zeros at the end of a segment, and what an earlier segment left in a reused file.
  uint64_t torn_tail_bytes = 0;
  std::vector<Damage> damage;
};

// The payload is valid during the call only.
using RecordVisitor = absl::FunctionRef<absl::Status(const RecordPosition&, std::string_view)>;

// Which segments are read, both included.
struct SegmentRange {
  SegmentId first = 1;
  SegmentId last = UINT64_MAX;
};

// An error of the visitor ends the replay and is returned. A folder that is not there is an empty
// journal. FailedPrecondition for a segment of another format version.
//
// With a range that ends before the last segment, or while the journal is being written, only the
// records count, not the rest of the report; segments of the range must not be deleted meanwhile.
absl::StatusOr<ReplayReport> ReplayJournal(base::FileSystem* fs, const std::string& dir,
                                           RecordVisitor visit, SegmentRange range = {});

// Ids of the segments in `dir`, in order.
absl::StatusOr<std::vector<SegmentId>> ListSegments(base::FileSystem* fs, const std::string& dir);

}  // namespace tidemark::storage
