#include "storage/journal/internal/segment_writer.h"

#include "base/status_macros.h"

namespace tidemark::storage {

absl::StatusOr<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(
    base::FileSystem* fs, const std::string& dir, SegmentHeader header, uint64_t reserve_bytes,
    bool durable, std::optional<std::string> spare) {
  const std::string path = SegmentPath(dir, header.id);
  header.reused = spare.has_value();
  ASSIGN_OR_RETURN(auto file, spare ? fs->OpenForWrite(*spare) : fs->Create(path));
  std::unique_ptr<SegmentWriter> segment(
      new SegmentWriter(header.id, reserve_bytes, std::move(file)));
  absl::Status status = segment->Begin(header, durable);
  if (status.ok() && spare) {
    status = fs->Rename(*spare, path);
  }
  if (status.ok() && durable) {
    status = fs->SyncDir(dir);
  }
  if (!status.ok()) {
    // The caller hears why it began badly; a file that also stays is overwritten next time.
    fs->Delete(path).IgnoreError();
    if (spare) {
      fs->Delete(*spare).IgnoreError();
    }
    return status;
  }
  return segment;
}

absl::Status SegmentWriter::Begin(const SegmentHeader& header, bool durable) {
  RETURN_IF_ERROR(file_->Preallocate(reserve_bytes_));
  const auto encoded = EncodeSegmentHeader(header);
  const std::string_view part(encoded.data(), encoded.size());
  RETURN_IF_ERROR(file_->WriteAt(0, {&part, 1}));
  end_ = encoded.size();
  return durable ? Sync() : absl::OkStatus();
}

bool SegmentWriter::HasRoom(uint64_t bytes) const {
  return end_ + bytes + FrameBytes(0) <= reserve_bytes_;
}

absl::Status SegmentWriter::Write(FrameBatch* batch) {
  RETURN_IF_ERROR(file_->WriteAt(end_, batch->Parts()));
  end_ += batch->bytes();
  return absl::OkStatus();
}

absl::Status SegmentWriter::Sync() {
  RETURN_IF_ERROR(file_->Sync());
  synced_bytes_ = end_;
  return absl::OkStatus();
}

absl::Status SegmentWriter::Finish(uint64_t next_sequence, bool durable) {
  FrameHeader footer;
  footer.kind = FrameKind::kFooter;
  footer.sequence = next_sequence;
  footer.synced_bytes = synced_bytes_;
  FrameBatch batch;
  batch.Add(footer, id_, {});
  RETURN_IF_ERROR(Write(&batch));
  RETURN_IF_ERROR(file_->Truncate(end_));
  return durable ? Sync() : absl::OkStatus();
}

void SegmentWriter::Abandon(uint64_t good_bytes) {
  // Whether it works or not, the next segment's header says which records count.
  file_->Truncate(good_bytes).IgnoreError();
}

}  // namespace tidemark::storage
