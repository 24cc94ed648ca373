// SegmentLog writes groups of entries into one segment after the other: it begins, rotates, closes
// and abandons segments and numbers the records.
//
// Between two calls one of these holds: segment_ is open and everything in it counts; or there is
// none, and the next group begins one. sequence_ is that of the next record; it goes back when a
// group fails, so records are contiguous across segments. Used on the journal's thread only.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/journal/internal/frame_batch.h"
#include "storage/journal/internal/journal_metrics.h"
#include "storage/journal/internal/segment_writer.h"
#include "storage/journal/internal/spare_files.h"
#include "storage/journal/journal.h"

namespace tidemark::storage {

class SegmentLog {
 public:
  // `metrics` and `spares` must outlive the log.
  static absl::StatusOr<std::unique_ptr<SegmentLog>> Open(const JournalOptions& options,
                                                          const JournalStart& start,
                                                          const JournalDeps& deps,
                                                          const JournalMetrics* metrics,
                                                          SpareFiles* spares);

  // Writes the group, and syncs it if the mode says so. Unavailable when the disk refuses: then
  // no entry of the group counts, and a later call tries again with a new segment.
  absl::Status Commit(const std::vector<std::unique_ptr<JournalEntry>>& group);

  // With SyncMode::kInterval: how long until the next sync is due, nothing if none is.
  std::optional<int64_t> MsUntilSync() const;
  // Syncs if that time has come.
  absl::Status SyncIfDue();

  // Closes the open segment, unless it has no records, and begins the next.
  void Cut();
  absl::Status Close();

  // The newest segment that nothing will be written to any more.
  SegmentId last_closed() const { return next_segment_ - (segment_ != nullptr ? 2 : 1); }
  bool failing() const { return failing_; }
  // Of frames written since the last Cut(), or found at the start.
  uint64_t bytes_since_cut() const { return bytes_since_cut_; }

 private:
  SegmentLog(const JournalOptions& options, const JournalStart& start, const JournalDeps& deps,
             const JournalMetrics* metrics, SpareFiles* spares);

  bool durable() const { return options_.sync != SyncMode::kOff; }

  absl::Status Prepare();
  absl::Status SyncOldSegments();
  absl::Status Begin();
  absl::Status MakeRoom(uint64_t bytes);
  absl::Status WriteGroup();
  absl::Status Sync();
  absl::Status CloseSegment(bool sync);
  void Abandon(uint64_t good_bytes);
  absl::Status Report(absl::Status status, base::Counter* errors);

  const JournalOptions options_;
  const JournalDeps deps_;
  const JournalMetrics* const metrics_;
  SpareFiles* const spares_;

  std::unique_ptr<SegmentWriter> segment_;
  SegmentId next_segment_;
  SegmentKind next_kind_ = SegmentKind::kAfterOpen;
  uint64_t sequence_;
  uint64_t bytes_since_cut_;
  // When the oldest record that is written but not synced was written.
  std::optional<int64_t> unsynced_since_ns_;
  bool failing_ = false;
  FrameBatch batch_;
};

}  // namespace tidemark::storage
