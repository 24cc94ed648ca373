// Three questions decide what unreadable bytes are (docs/format/journal.md, "Recovery"):
//
//   Does a frame behind them say that the segment was on disk beyond them when it was written?
//   Has the segment a footer?
//   Does the next segment say that this one was closed in order?
//
// One yes makes them damage; otherwise they are a tail that was being written when the power went.
#include "storage/journal/journal_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "storage/journal/internal/file_window.h"
#include "storage/journal/internal/segment_scanner.h"

namespace tidemark::storage {
namespace {

std::string MissingRecords(uint64_t first, uint64_t behind_last) {
  return behind_last - first == 1
             ? fmt::format("record {} is missing", first)
             : fmt::format("records {} to {} are missing", first, behind_last - 1);
}

class Replay {
 public:
  Replay(base::FileSystem* fs, const std::string& dir, RecordVisitor visit, SegmentRange range)
      : fs_(fs), dir_(dir), visit_(visit), range_(range) {}

  absl::StatusOr<ReplayReport> Run();

 private:
  // A segment file, opened, with its header if that is intact.
  struct Segment {
    SegmentId id = 0;
    std::unique_ptr<FileWindow> window;
    std::optional<SegmentHeader> header;
    std::string header_error;

    bool reused() const { return header.has_value() && header->reused; }
  };

  absl::StatusOr<Segment> Load(SegmentId id);
  void BeginSegment(const Segment& segment);
  absl::Status ReadSegment(const Segment& segment, const Segment* next);
  absl::Status Deliver(const Segment& segment, const Frame& frame);
  void EndSegment(const Segment& segment, const Segment* next);

  void Suspect(SkippedBytes bytes) { suspects_.push_back(std::move(bytes)); }
  void ConfirmSuspects(SegmentId id, uint64_t synced_bytes);
  void ExpectSequence(SegmentId id, uint64_t offset, uint64_t sequence);
  void AddDamage(SegmentId id, uint64_t offset, uint64_t length, std::string cause);

  base::FileSystem* const fs_;
  const std::string& dir_;
  const RecordVisitor visit_;
  const SegmentRange range_;
  ReplayReport report_;

  SegmentId last_id_ = 0;
  uint64_t frame_bytes_ = 0;  // of the records delivered
  // Sequence of the record that comes next; unknown until something tells.
  std::optional<uint64_t> expected_;
  // Unreadable bytes of this segment of which it is not known yet whether they are damage.
  std::vector<SkippedBytes> suspects_;
  // The last thing found is damage, so records that turn out to be missing were in it.
  bool damage_is_last_ = false;
};

absl::StatusOr<ReplayReport> Replay::Run() {
  ASSIGN_OR_RETURN(const std::vector<SegmentId> ids, ListSegments(fs_, dir_));
  std::optional<Segment> next;
  for (size_t i = 0; i < ids.size() && ids[i] <= range_.last; ++i) {
    if (ids[i] < range_.first) {
      continue;
    }
    std::optional<Segment> segment = std::exchange(next, std::nullopt);
    if (!segment.has_value()) {
      ASSIGN_OR_RETURN(segment, Load(ids[i]));
    }
    if (i + 1 < ids.size()) {
      ASSIGN_OR_RETURN(next, Load(ids[i + 1]));
    }
    BeginSegment(*segment);
    RETURN_IF_ERROR(ReadSegment(*segment, next.has_value() ? &*next : nullptr));
    last_id_ = segment->id;
  }
  report_.next = {last_id_ + 1, expected_.value_or(1), frame_bytes_};
  return std::move(report_);
}

absl::StatusOr<Replay::Segment> Replay::Load(SegmentId id) {
  const std::string path = SegmentPath(dir_, id);
  Segment segment;
  segment.id = id;
  ASSIGN_OR_RETURN(auto file, fs_->OpenForRead(path));
  ASSIGN_OR_RETURN(const uint64_t size, file->Size());
  segment.window = std::make_unique<FileWindow>(std::move(file), size);
  auto header = DecodeSegmentHeader(segment.window->Look(0, kSegmentHeaderBytes), id);
  if (absl::IsFailedPrecondition(header.status())) {
    return base::Annotate(header.status(), path);
  }
  if (header.ok()) {
    segment.header = *header;
  } else {
    segment.header_error = std::string(base::Message(header.status()));
  }
  return segment;
}

void Replay::BeginSegment(const Segment& segment) {
  ++report_.segments;
  if (last_id_ != 0 && segment.id != last_id_ + 1) {
    const SegmentId missing = segment.id - last_id_ - 1;
    AddDamage(last_id_ + 1, 0, 0,
              missing == 1 ? std::string("segment is missing")
                           : fmt::format("{} segments are missing", missing));
    if (!segment.header.has_value()) {
      expected_.reset();
    }
  }
  if (segment.header.has_value()) {
    ExpectSequence(segment.id, 0, segment.header->first_sequence);
  } else if (segment.window->size() > 0) {
    Suspect(
        {0, std::min<uint64_t>(segment.window->size(), kSegmentHeaderBytes), segment.header_error});
  }
}

absl::Status Replay::ReadSegment(const Segment& segment, const Segment* next) {
  const uint64_t limit =
      next != nullptr && next->header.has_value() ? next->header->first_sequence : UINT64_MAX;
  SegmentScanner scanner(segment.window.get(), segment.id);
  while (const std::optional<Frame> frame = scanner.Next()) {
    if (frame->header.sequence > limit ||
        (frame->header.sequence == limit && frame->header.kind == FrameKind::kRecord)) {
      // From here on the segment was abandoned.
      EndSegment(segment, next);
      return absl::OkStatus();
    }
    if (scanner.skipped().has_value()) {
      Suspect(*scanner.skipped());
    }
    ConfirmSuspects(segment.id, frame->header.synced_bytes);
    if (frame->header.kind == FrameKind::kFooter) {
      ConfirmSuspects(segment.id, UINT64_MAX);
      ExpectSequence(segment.id, frame->offset, frame->header.sequence);
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(Deliver(segment, *frame));
  }
  if (scanner.skipped().has_value()) {
    Suspect(*scanner.skipped());
  }
  EndSegment(segment, next);
  return absl::OkStatus();
}

absl::Status Replay::Deliver(const Segment& segment, const Frame& frame) {
  const uint64_t sequence = frame.header.sequence;
  if (expected_.has_value() && sequence < *expected_) {
    AddDamage(segment.id, frame.offset, frame.bytes(),
              fmt::format("record {} comes again", sequence));
    return absl::OkStatus();
  }
  ExpectSequence(segment.id, frame.offset, sequence);
  if (frame.padding.find_first_not_of('\0') != std::string_view::npos) {
    SkippedBytes padding{frame.offset + kFrameHeaderBytes + frame.header.length,
                         frame.padding.size(),
                         fmt::format("padding of record {} is not zero", sequence)};
    if (segment.reused()) {
      Suspect(std::move(padding));  // its sector may not have come to the disk
    } else {
      AddDamage(segment.id, padding.offset, padding.length, std::move(padding.cause));
    }
  }
  expected_ = sequence + 1;
  damage_is_last_ = false;
  ++report_.records;
  report_.bytes += frame.payload.size();
  frame_bytes_ += frame.bytes();
  return visit_({segment.id, frame.offset, sequence}, frame.payload);
}

// The segment ended without a footer.
void Replay::EndSegment(const Segment& segment, const Segment* next) {
  const bool closed_in_order = next != nullptr && next->id == segment.id + 1 &&
                               next->header.has_value() &&
                               next->header->kind == SegmentKind::kRotation;
  if (closed_in_order && suspects_.empty()) {
    AddDamage(segment.id, segment.window->size(), 0, "footer is missing");
  } else if (closed_in_order) {
    ConfirmSuspects(segment.id, UINT64_MAX);
  }
  // In a file that was used before, what lies behind the last record tells nothing.
  if (!segment.reused()) {
    for (const SkippedBytes& bytes : suspects_) {
      report_.torn_tail_bytes += bytes.length;
    }
  }
  suspects_.clear();
}

// Everything below `synced_bytes` was on disk once: what is unreadable there is damage.
void Replay::ConfirmSuspects(SegmentId id, uint64_t synced_bytes) {
  std::vector<SkippedBytes> open;
  for (SkippedBytes& bytes : std::exchange(suspects_, {})) {
    if (bytes.offset < synced_bytes) {
      AddDamage(id, bytes.offset, bytes.length, std::move(bytes.cause));
    } else {
      open.push_back(std::move(bytes));
    }
  }
  suspects_ = std::move(open);
}

// The record with `sequence` is what comes next, at `offset`; those before it that were not seen
// are missing.
void Replay::ExpectSequence(SegmentId id, uint64_t offset, uint64_t sequence) {
  const uint64_t expected = expected_.value_or(sequence);
  expected_ = std::max(expected, sequence);
  if (sequence <= expected) {
    return;
  }
  const std::string missing = MissingRecords(expected, sequence);
  if (!suspects_.empty()) {
    suspects_.back().cause += ", " + missing;
  } else if (damage_is_last_) {
    report_.damage.back().cause += ", " + missing;
  } else {
    AddDamage(id, offset, 0, missing);
  }
}

void Replay::AddDamage(SegmentId id, uint64_t offset, uint64_t length, std::string cause) {
  report_.damage.push_back({id, offset, length, std::move(cause)});
  damage_is_last_ = true;
}

}  // namespace

absl::StatusOr<ReplayReport> ReplayJournal(base::FileSystem* fs, const std::string& dir,
                                           RecordVisitor visit, SegmentRange range) {
  auto report = Replay(fs, dir, visit, range).Run();
  if (!report.ok()) {
    return base::Annotate(report.status(), fmt::format("replay journal {}", dir));
  }
  return report;
}

absl::StatusOr<std::vector<SegmentId>> ListSegments(base::FileSystem* fs, const std::string& dir) {
  const auto names = fs->List(dir);
  if (absl::IsNotFound(names.status())) {
    return std::vector<SegmentId>();
  }
  RETURN_IF_ERROR(names.status());
  std::vector<SegmentId> ids;
  for (const std::string& name : *names) {
    if (const std::optional<SegmentId> id = ParseSegmentName(name)) {
      ids.push_back(*id);
    }
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

}  // namespace tidemark::storage
