// A scan is a join of two sorted sequences: the keys of the column family, and for each bucket the
// list of series. Whichever lags jumps ahead to the other: the list by binary search, the keys by
// a few steps when the target is likely near and by a seek otherwise. So a bucket without any of
// the series costs one seek, and a metric read whole costs none between its series.
#include "storage/rocksdb/chunk_reader.h"

#include <algorithm>
#include <functional>

#include "base/check.h"
#include "storage/rocksdb/internal/rocks_chunk_reader.h"
#include "storage/rocksdb/internal/schema.h"
#include "storage/rocksdb/internal/store_impl.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage::internal {
namespace {

// Steps that cost about as much as one seek.
constexpr int kNearSteps = 8;

class RocksChunkCursor final : public ChunkCursor {
 public:
  RocksChunkCursor(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* chunks,
                   const rocksdb::Snapshot* snapshot, std::vector<SeriesKey> series,
                   model::Timestamp min_time, model::Timestamp max_time)
      : series_(std::move(series)),
        bucket_(BucketOf(min_time)),
        last_bucket_(BucketOf(max_time)),
        max_time_(max_time),
        end_key_(FirstChunkKey(last_bucket_ + 1)),
        end_slice_(ToSlice(View(end_key_))) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_upper_bound = &end_slice_;
    options.adaptive_readahead = true;
    options.background_purge_on_iterator_cleanup = true;
    entries_.reset(db->NewIterator(options, chunks));
  }

  bool Next() override {
    if (!started_) {
      started_ = true;
      SeekToTarget();
    } else if (entries_->Valid()) {
      entries_->Next();
    }
    return FindWanted();
  }

  const ChunkKey& key() const override { return key_; }
  std::string_view value() const override { return FromSlice(entries_->value()); }
  absl::Status status() const override { return status_; }

 private:
  // Moves to the first wanted chunk at or behind the present entry.
  bool FindWanted() {
    while (ReadKey()) {
      CatchUpWithKey();
      const bool on_target = key_.bucket == bucket_ && KeySeries() == series_[index_];
      if (on_target && key_.start <= max_time_) {
        return true;
      }
      if (on_target) {
        SetTarget(index_ + 1);  // the rest of this series is behind max_time_
      }
      if (bucket_ > last_bucket_) {
        return false;
      }
      MoveToTarget();
    }
    return false;
  }

  // Decodes the present key; false at the end and on an error.
  bool ReadKey() {
    if (!status_.ok() || !entries_->Valid()) {
      if (status_.ok()) {
        status_ = FromRocks(entries_->status(), "read chunks");
      }
      return false;
    }
    if (!DecodeChunkKey(FromSlice(entries_->key()), &key_)) {
      status_ = DamagedEntry(Family::kChunks, FromSlice(entries_->key()));
      return false;
    }
    return true;
  }

  // Makes (bucket_, index_) the first target not before the present key.
  void CatchUpWithKey() {
    if (key_.bucket > bucket_) {
      bucket_ = key_.bucket;
      index_ = 0;
    }
    if (KeySeries() > series_[index_]) {
      const auto from = series_.begin() + static_cast<std::ptrdiff_t>(index_);
      const auto found = std::lower_bound(from, series_.end(), KeySeries());
      SetTarget(static_cast<size_t>(found - series_.begin()));
    }
  }

  // Series `index` of the present bucket; behind the last one, the first of the next bucket.
  void SetTarget(size_t index) {
    const bool at_end = index == series_.size();
    index_ = at_end ? 0 : index;
    bucket_ += at_end ? 1 : 0;
  }

  // Moves the entries, which are before the target, to the first one that is not.
  void MoveToTarget() {
    const ChunkKeyBytes target = FirstChunkKey(bucket_, series_[index_]);
    for (int step = 0; step < kNearSteps && key_.bucket == bucket_; ++step) {
      entries_->Next();
      if (!entries_->Valid() || FromSlice(entries_->key()) >= View(target)) {
        return;
      }
    }
    entries_->Seek(ToSlice(View(target)));
  }

  void SeekToTarget() { entries_->Seek(ToSlice(View(FirstChunkKey(bucket_, series_[index_])))); }

  SeriesKey KeySeries() const { return {key_.metric, key_.series}; }

  const std::vector<SeriesKey> series_;
  // The target: all chunks before it are done with.
  int64_t bucket_;
  size_t index_ = 0;

  const int64_t last_bucket_;
  const model::Timestamp max_time_;
  const ChunkKeyBytes end_key_;
  const rocksdb::Slice end_slice_;  // of end_key_; the iterator keeps its address

  std::unique_ptr<rocksdb::Iterator> entries_;
  bool started_ = false;
  ChunkKey key_;
  absl::Status status_;
};

class EmptyCursor final : public ChunkCursor {
 public:
  bool Next() override { return false; }
  const ChunkKey& key() const override { return key_; }
  std::string_view value() const override { return {}; }
  absl::Status status() const override { return absl::OkStatus(); }

 private:
  const ChunkKey key_{};
};

bool IsSortedSet(const std::vector<SeriesKey>& series) {
  return std::adjacent_find(series.begin(), series.end(), std::greater_equal<>()) == series.end();
}

}  // namespace

RocksChunkReader::RocksChunkReader(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* chunks)
    : db_(db),
      chunks_(chunks),
      snapshot_(db->GetSnapshot(),
                [db](const rocksdb::Snapshot* snapshot) { db->ReleaseSnapshot(snapshot); }) {}

std::unique_ptr<ChunkCursor> RocksChunkReader::Scan(std::vector<SeriesKey> series,
                                                    model::Timestamp min_time,
                                                    model::Timestamp max_time) const {
  TIDEMARK_DCHECK(IsSortedSet(series), "series of a scan are not sorted");
  if (series.empty() || min_time > max_time) {
    return std::make_unique<EmptyCursor>();
  }
  return std::make_unique<RocksChunkCursor>(db_, chunks_, snapshot_.get(), std::move(series),
                                            min_time, max_time);
}

}  // namespace tidemark::storage::internal
