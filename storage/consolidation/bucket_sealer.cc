#include "storage/consolidation/bucket_sealer.h"

#include <span>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "storage/chunk/chunk_format.h"

namespace tidemark::storage {

BucketSealer::BucketSealer(BucketRewrite* rewrite, const TombstoneSet& tombstones,
                           OldestKept oldest_kept)
    : rewrite_(rewrite),
      tombstones_(tombstones),
      has_tombstones_(tombstones.HasBucket(rewrite->bucket())),
      oldest_kept_(oldest_kept),
      timeline_cache_([rewrite](int64_t /*bucket*/, TimelineNumber number) {
        return rewrite->LoadTimeline(number);
      }) {}

bool BucketSealer::Work(uint64_t max_samples) {
  if (!begun_) {
    begun_ = true;
    status_ = Begin();
  }
  const uint64_t end = samples_ + max_samples;
  while (status_.ok() && more_ && samples_ < end) {
    status_ = SealSeries();
  }
  if (status_.ok() && !more_) {
    status_ = Finish();
  }
  return status_.ok() && more_;
}

absl::Status BucketSealer::Begin() {
  RETURN_IF_ERROR(
      rewrite_->ForEachTimeline([this](uint32_t number, std::string_view row) -> absl::Status {
        return timelines_.Adopt(number, row);
      }));
  more_ = rewrite_->Next();
  return rewrite_->status();
}

// Takes the rows of the present series; the walk is then at the next one.
absl::Status BucketSealer::SealSeries() {
  const SeriesKey series = PresentSeries();
  const ChunkKey first = rewrite_->key();
  const bool was_sealed = first.kind == ChunkKind::kSealed;
  deleted_ = has_tombstones_ ? tombstones_.Of(series.series) : SeriesTombstones();
  const model::Timestamp oldest = oldest_kept_(series.series);
  if (was_sealed) {
    sealed_value_.assign(rewrite_->value());
    more_ = rewrite_->Next();
    const bool alone = !more_ || PresentSeries() != series;
    if (alone && deleted_.empty() && first.start >= oldest) {
      return rewrite_->status();
    }
    RETURN_IF_ERROR(AddRow(first, sealed_value_, oldest));
  }
  for (; more_ && PresentSeries() == series; more_ = rewrite_->Next()) {
    RETURN_IF_ERROR(AddRow(rewrite_->key(), rewrite_->value(), oldest));
  }
  RETURN_IF_ERROR(rewrite_->status());
  return PutMerged(series, was_sealed);
}

absl::Status BucketSealer::AddRow(const ChunkKey& key, std::string_view value,
                                  model::Timestamp oldest) {
  RETURN_IF_ERROR(base::Annotate(DecodeChunk(value, key.start, oldest, model::kMaxTimestamp,
                                             &timeline_cache_, merge_.stream()),
                                 fmt::format("chunk of series {} from {}", key.series, key.start)));
  HideDeleted(deleted_, key, &merge_);
  merge_.EndRow(key.kind, key.sequence);
  return absl::OkStatus();
}

absl::Status BucketSealer::PutMerged(SeriesKey series, bool was_sealed) {
  const SampleColumns columns = merge_.Finish();
  samples_ += columns.size() + 1;
  if (columns.size() == 0) {
    return was_sealed ? rewrite_->Delete(series) : absl::OkStatus();
  }
  return rewrite_->Put(series, columns.timestamps.front(),
                       EncodeSealedChunk(columns.timestamps, columns.values, &timelines_));
}

absl::Status BucketSealer::Finish() {
  RETURN_IF_ERROR(rewrite_->status());
  for (const TimelineWriter::Row& row : timelines_.rows()) {
    RETURN_IF_ERROR(rewrite_->PutTimeline(row.number, row.value));
  }
  return absl::OkStatus();
}

}  // namespace tidemark::storage
