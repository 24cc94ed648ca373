#include "storage/journal/internal/segment_log.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/status_macros.h"
#include "storage/journal/journal_reader.h"

namespace tidemark::storage {
namespace {

constexpr int64_t kNanosPerMs = 1'000'000;
constexpr double kSecondsPerNano = 1e-9;

std::string ParentOf(const std::string& dir) {
  const std::filesystem::path parent = std::filesystem::path(dir).parent_path();
  return parent.empty() ? "." : parent.string();
}

// Observes in `histogram` how long it lives.
class Stopwatch {
 public:
  Stopwatch(const base::Clock* clock, base::Histogram* histogram)
      : clock_(clock), histogram_(histogram), start_ns_(clock->SteadyNanos()) {}
  ~Stopwatch() {
    histogram_->Observe(static_cast<double>(clock_->SteadyNanos() - start_ns_) * kSecondsPerNano);
  }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  const base::Clock* const clock_;
  base::Histogram* const histogram_;
  const int64_t start_ns_;
};

}  // namespace

SegmentLog::SegmentLog(const JournalOptions& options, const JournalStart& start,
                       const JournalDeps& deps, const JournalMetrics* metrics, SpareFiles* spares)
    : options_(options),
      deps_(deps),
      metrics_(metrics),
      spares_(spares),
      next_segment_(start.segment),
      sequence_(start.sequence),
      bytes_since_cut_(start.bytes) {}

absl::StatusOr<std::unique_ptr<SegmentLog>> SegmentLog::Open(const JournalOptions& options,
                                                             const JournalStart& start,
                                                             const JournalDeps& deps,
                                                             const JournalMetrics* metrics,
                                                             SpareFiles* spares) {
  std::unique_ptr<SegmentLog> log(new SegmentLog(options, start, deps, metrics, spares));
  RETURN_IF_ERROR(base::Annotate(log->Prepare(), fmt::format("open journal {}", options.dir)));
  return log;
}

absl::Status SegmentLog::Prepare() {
  RETURN_IF_ERROR(deps_.fs->CreateDir(options_.dir));
  RETURN_IF_ERROR(deps_.fs->SyncDir(ParentOf(options_.dir)));
  RETURN_IF_ERROR(SyncOldSegments());
  RETURN_IF_ERROR(deps_.fs->SyncDir(options_.dir));
  RETURN_IF_ERROR(spares_->Load());
  return Begin();
}

// What was replayed from the system's cache must not vanish later: the new segment goes on behind
// it.
absl::Status SegmentLog::SyncOldSegments() {
  ASSIGN_OR_RETURN(const std::vector<SegmentId> old, ListSegments(deps_.fs, options_.dir));
  if (!old.empty() && old.back() >= next_segment_) {
    return absl::FailedPreconditionError(fmt::format(
        "segment {} exists, yet the journal is to begin with {}", old.back(), next_segment_));
  }
  for (const SegmentId id : old) {
    ASSIGN_OR_RETURN(const auto file, deps_.fs->OpenForWrite(SegmentPath(options_.dir, id)));
    RETURN_IF_ERROR(file->Sync());
  }
  return absl::OkStatus();
}

absl::Status SegmentLog::Begin() {
  const SegmentHeader header{.kind = next_kind_,
                             .id = next_segment_,
                             .first_sequence = sequence_,
                             .created_ms = deps_.clock->NowMs()};
  auto segment = SegmentWriter::Create(deps_.fs, options_.dir, header, options_.segment_bytes,
                                       durable(), spares_->Take());
  if (!segment.ok()) {
    return Report(segment.status(), metrics_->open_errors);
  }
  segment_ = *std::move(segment);
  metrics_->segment->Set(static_cast<double>(next_segment_));
  ++next_segment_;
  next_kind_ = SegmentKind::kRotation;
  return absl::OkStatus();
}

absl::Status SegmentLog::Commit(const std::vector<std::unique_ptr<JournalEntry>>& group) {
  uint64_t bytes = 0;
  for (const auto& entry : group) {
    bytes += FrameBytes(entry->payload.size());
  }
  RETURN_IF_ERROR(MakeRoom(bytes));
  batch_.Clear();
  uint64_t sequence = sequence_;
  for (const auto& entry : group) {
    const FrameHeader header{.kind = FrameKind::kRecord,
                             .length = static_cast<uint32_t>(entry->payload.size()),
                             .sequence = sequence++,
                             .synced_bytes = segment_->synced_bytes(),
                             .payload_crc = entry->payload_crc};
    batch_.Add(header, segment_->id(), entry->payload);
  }
  RETURN_IF_ERROR(WriteGroup());
  sequence_ = sequence;
  bytes_since_cut_ += batch_.bytes();
  if (std::exchange(failing_, false)) {
    deps_.logger->Info("journal writes again", {{"segment", segment_->id()}});
  }
  return SyncIfDue();
}

absl::Status SegmentLog::MakeRoom(uint64_t bytes) {
  if (segment_ != nullptr && segment_->has_records() && !segment_->HasRoom(bytes)) {
    // After an error this group is refused and the next one begins a segment: only between groups
    // does the journal get to write again what the error may have taken along.
    RETURN_IF_ERROR(CloseSegment(durable()));
  }
  return segment_ != nullptr ? absl::OkStatus() : Begin();
}

absl::Status SegmentLog::WriteGroup() {
  const uint64_t good_bytes = segment_->end();
  absl::Status status;
  {
    const Stopwatch stopwatch(deps_.clock, metrics_->write_seconds);
    status = Report(segment_->Write(&batch_), metrics_->write_errors);
  }
  if (status.ok()) {
    metrics_->written_bytes->Add(batch_.bytes());
    unsynced_since_ns_ = unsynced_since_ns_.value_or(deps_.clock->SteadyNanos());
    status = options_.sync == SyncMode::kAlways ? Sync() : absl::OkStatus();
  }
  if (!status.ok()) {
    Abandon(good_bytes);
  }
  return status;
}

absl::Status SegmentLog::Sync() {
  const Stopwatch stopwatch(deps_.clock, metrics_->sync_seconds);
  RETURN_IF_ERROR(Report(segment_->Sync(), metrics_->sync_errors));
  unsynced_since_ns_.reset();
  metrics_->syncs->Add();
  return absl::OkStatus();
}

std::optional<int64_t> SegmentLog::MsUntilSync() const {
  if (options_.sync != SyncMode::kInterval || !unsynced_since_ns_.has_value()) {
    return std::nullopt;
  }
  const int64_t waited_ms = (deps_.clock->SteadyNanos() - *unsynced_since_ns_) / kNanosPerMs;
  return std::max<int64_t>(0, options_.interval_ms - waited_ms);
}

absl::Status SegmentLog::SyncIfDue() {
  if (MsUntilSync().value_or(1) > 0) {
    return absl::OkStatus();
  }
  absl::Status status = Sync();
  if (!status.ok()) {
    // These records are acknowledged, so they keep their place; what the disk lost of them the
    // reader will report.
    Abandon(segment_->end());
  }
  return status;
}

void SegmentLog::Abandon(uint64_t good_bytes) {
  segment_->Abandon(good_bytes);
  segment_.reset();
  unsynced_since_ns_.reset();
  next_kind_ = SegmentKind::kAfterFailure;
}

absl::Status SegmentLog::CloseSegment(bool sync) {
  const uint64_t good_bytes = segment_->end();
  absl::Status status = Report(segment_->Finish(sequence_, sync), metrics_->sync_errors);
  if (!status.ok()) {
    Abandon(good_bytes);
    return status;
  }
  segment_.reset();
  unsynced_since_ns_.reset();
  next_kind_ = SegmentKind::kRotation;
  return absl::OkStatus();
}

void SegmentLog::Cut() {
  bytes_since_cut_ = 0;
  if (segment_ != nullptr && !segment_->has_records()) {
    return;
  }
  if (segment_ != nullptr) {
    CloseSegment(durable()).IgnoreError();
  }
  // If it fails, the next group tries again and tells its callers.
  Begin().IgnoreError();
}

absl::Status SegmentLog::Close() {
  return segment_ != nullptr ? CloseSegment(/*sync=*/true) : absl::OkStatus();
}

// An error of the disk, as those who wait for their entries get it.
absl::Status SegmentLog::Report(absl::Status status, base::Counter* errors) {
  if (status.ok()) {
    return status;
  }
  errors->Add();
  if (!std::exchange(failing_, true)) {
    deps_.logger->Error("journal cannot write, samples are refused until it can",
                        {{"dir", options_.dir}, {"cause", status}});
  }
  return absl::UnavailableError(fmt::format("journal: {}", base::Message(status)));
}

}  // namespace tidemark::storage
