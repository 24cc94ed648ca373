// BucketSealer turns the rows that a bucket has into one sealed chunk a series.
//
// It walks the bucket in key order, merges the rows of each series, leaves out what was deleted or
// need not be kept any more, and puts the result. A series whose only row is a sealed chunk of
// which nothing goes is passed over: its row stays as it is. Thread-compatible.
#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "model/sample.h"
#include "storage/chunk/timeline.h"
#include "storage/deletion/tombstones.h"
#include "storage/rocksdb/bucket_rewrite.h"
#include "storage/sample_merge.h"
#include "storage/types.h"

namespace tidemark::storage {

class BucketSealer {
 public:
  // The time of the oldest sample of the series that is kept.
  using OldestKept = absl::FunctionRef<model::Timestamp(SeriesRef)>;

  // All must outlive the sealer.
  BucketSealer(BucketRewrite* rewrite, const TombstoneSet& tombstones, OldestKept oldest_kept);

  // Goes on for about `max_samples` samples. False when the whole bucket has been put, timelines
  // included, or there was an error: see status.
  bool Work(uint64_t max_samples);
  const absl::Status& status() const { return status_; }

  uint64_t samples() const { return samples_; }

 private:
  absl::Status Begin();
  absl::Status SealSeries();
  absl::Status AddRow(const ChunkKey& key, std::string_view value, model::Timestamp oldest);
  absl::Status PutMerged(SeriesKey series, bool was_sealed);
  absl::Status Finish();
  SeriesKey PresentSeries() const { return {rewrite_->key().metric, rewrite_->key().series}; }

  BucketRewrite* const rewrite_;
  const TombstoneSet& tombstones_;
  const bool has_tombstones_;
  const OldestKept oldest_kept_;
  TimelineWriter timelines_;
  TimelineCache timeline_cache_;

  bool begun_ = false;
  bool more_ = false;
  absl::Status status_;
  uint64_t samples_ = 0;

  // Of the series in hand.
  SeriesTombstones deleted_;
  SampleMerge merge_;
  std::string sealed_value_;
};

}  // namespace tidemark::storage
