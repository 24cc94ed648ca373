// A scan merges a scan of the family of sealed chunks with one of the others. Each is a join of two
// sorted sequences: the keys of the column family, and for each bucket the list of series, of which
// the first 16 bytes of a key tell. Whichever lags jumps ahead to the other: the list by binary
// search, the keys by a few steps when the target is likely near and by a seek otherwise. So a
// bucket without any of the series costs one seek, and a metric read whole costs none between its
// series.
#include "storage/rocksdb/chunk_reader.h"

#include <algorithm>
#include <functional>
#include <tuple>

#include "base/check.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "storage/rocksdb/internal/rocks_chunk_reader.h"
#include "storage/rocksdb/internal/schema.h"
#include "storage/rocksdb/internal/store_impl.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage::internal {
namespace {

// Steps that cost about as much as one seek.
constexpr int kNearSteps = 8;

// The chunks of one family.
class FamilyCursor {
 public:
  FamilyCursor(Family family, rocksdb::DB* db, rocksdb::ColumnFamilyHandle* handle,
               const rocksdb::Snapshot* snapshot, std::span<const SeriesKey> series,
               model::Timestamp min_time, model::Timestamp max_time)
      : family_(family),
        series_(series),
        bucket_(BucketOf(min_time)),
        last_bucket_(BucketOf(max_time)),
        max_time_(max_time),
        end_key_(EncodeSealedKey(last_bucket_ + 1)),
        end_slice_(ToSlice(View(end_key_))) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_upper_bound = &end_slice_;
    options.adaptive_readahead = true;
    options.background_purge_on_iterator_cleanup = true;
    entries_.reset(db->NewIterator(options, handle));
  }

  bool Next() {
    if (!started_) {
      started_ = true;
      SeekToTarget();
    } else if (entries_->Valid()) {
      entries_->Next();
    }
    return FindWanted();
  }

  const ChunkKey& key() const { return key_; }
  std::string_view value() const { return value_; }
  const absl::Status& status() const { return status_; }

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
    if (!DecodeEntry()) {
      status_ = DamagedEntry(family_, FromSlice(entries_->key()));
      return false;
    }
    return true;
  }

  bool DecodeEntry() {
    value_ = FromSlice(entries_->value());
    return family_ == Family::kSealed
               ? DecodeSealedEntry(FromSlice(entries_->key()), &key_, &value_)
               : DecodeChunkKey(FromSlice(entries_->key()), &key_);
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
    const SealedKeyBytes target = EncodeSealedKey(bucket_, series_[index_]);
    for (int step = 0; step < kNearSteps && key_.bucket == bucket_; ++step) {
      entries_->Next();
      if (!entries_->Valid() || FromSlice(entries_->key()) >= View(target)) {
        return;
      }
    }
    entries_->Seek(ToSlice(View(target)));
  }

  void SeekToTarget() { entries_->Seek(ToSlice(View(EncodeSealedKey(bucket_, series_[index_])))); }

  SeriesKey KeySeries() const { return {key_.metric, key_.series}; }

  const Family family_;
  const std::span<const SeriesKey> series_;
  // The target: all chunks before it are done with.
  int64_t bucket_;
  size_t index_ = 0;

  const int64_t last_bucket_;
  const model::Timestamp max_time_;
  const SealedKeyBytes end_key_;
  const rocksdb::Slice end_slice_;  // of end_key_; the iterator keeps its address

  std::unique_ptr<rocksdb::Iterator> entries_;
  bool started_ = false;
  ChunkKey key_;
  std::string_view value_;
  absl::Status status_;
};

// Both families as one sequence.
class RocksChunkCursor final : public ChunkCursor {
 public:
  RocksChunkCursor(rocksdb::DB* db, const FamilyHandles& families,
                   const rocksdb::Snapshot* snapshot, std::vector<SeriesKey> series,
                   model::Timestamp min_time, model::Timestamp max_time)
      : series_(std::move(series)),
        sealed_(Family::kSealed, db, families[static_cast<size_t>(Family::kSealed)], snapshot,
                series_, min_time, max_time),
        chunks_(Family::kChunks, db, families[static_cast<size_t>(Family::kChunks)], snapshot,
                series_, min_time, max_time) {}

  bool Next() override {
    if (present_ == nullptr) {
      has_sealed_ = sealed_.Next();
      has_chunk_ = chunks_.Next();
    } else {
      (present_ == &sealed_ ? has_sealed_ : has_chunk_) = present_->Next();
    }
    if (!status().ok() || (!has_sealed_ && !has_chunk_)) {
      return false;
    }
    const bool sealed_first = has_sealed_ && (!has_chunk_ || !ChunkIsBefore());
    present_ = sealed_first ? &sealed_ : &chunks_;
    return true;
  }

  const ChunkKey& key() const override { return present_->key(); }
  std::string_view value() const override { return present_->value(); }
  absl::Status status() const override {
    return sealed_.status().ok() ? chunks_.status() : sealed_.status();
  }

 private:
  bool ChunkIsBefore() const {
    const ChunkKey& chunk = chunks_.key();
    const ChunkKey& sealed = sealed_.key();
    return std::tie(chunk.bucket, chunk.metric, chunk.series) <
           std::tie(sealed.bucket, sealed.metric, sealed.series);
  }

  const std::vector<SeriesKey> series_;
  FamilyCursor sealed_;
  FamilyCursor chunks_;
  FamilyCursor* present_ = nullptr;
  bool has_sealed_ = false;
  bool has_chunk_ = false;
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

bool DecodeSealedEntry(std::string_view bytes, ChunkKey* key, std::string_view* value) {
  SeriesKey series;
  *key = {};
  key->kind = ChunkKind::kSealed;
  if (!DecodeSealedKey(bytes, &key->bucket, &series)) {
    return false;
  }
  key->metric = series.metric;
  key->series = series.series;
  const bool timeline = series.metric == kNoMetric;
  return timeline || DecodeSealedValue(*value, key->bucket, &key->start, value);
}

RocksChunkReader::RocksChunkReader(rocksdb::DB* db, const FamilyHandles& families)
    : db_(db),
      families_(families),
      snapshot_(db->GetSnapshot(),
                [db](const rocksdb::Snapshot* snapshot) { db->ReleaseSnapshot(snapshot); }) {}

std::unique_ptr<ChunkCursor> RocksChunkReader::Scan(std::vector<SeriesKey> series,
                                                    model::Timestamp min_time,
                                                    model::Timestamp max_time) const {
  TIDEMARK_DCHECK(IsSortedSet(series), "series of a scan are not sorted");
  if (series.empty() || min_time > max_time) {
    return std::make_unique<EmptyCursor>();
  }
  return std::make_unique<RocksChunkCursor>(db_, families_, snapshot_.get(), std::move(series),
                                            min_time, max_time);
}

absl::StatusOr<std::string> RocksChunkReader::LoadTimeline(int64_t bucket, uint32_t number) const {
  return internal::LoadTimeline(db_, families_[static_cast<size_t>(Family::kSealed)],
                                snapshot_.get(), bucket, number);
}

absl::StatusOr<std::string> LoadTimeline(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* sealed,
                                         const rocksdb::Snapshot* snapshot, int64_t bucket,
                                         uint32_t number) {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  std::string row;
  const SealedKeyBytes key = EncodeSealedKey(bucket, TimelineKey(number));
  RETURN_IF_ERROR(FromRocks(db->Get(options, sealed, ToSlice(View(key)), &row),
                            fmt::format("read timeline {} of bucket {}", number, bucket)));
  return row;
}

}  // namespace tidemark::storage::internal
