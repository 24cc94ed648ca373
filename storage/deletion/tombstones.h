// Tombstones say what was deleted and is still in the store's chunks.
//
// A deletion means what was in the store at its moment: the chunks of sweeps up to its number, in
// the buckets that had chunks. What a later sweep writes is not meant, whatever its times. Sealed
// chunks bear no number, so a tombstone lists the buckets where it still holds: rewriting a bucket
// applies it there and takes the bucket off the list, in one batch. A tombstone without buckets is
// done and goes. Bytes: docs/format/rocksdb.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/sample.h"
#include "storage/index/postings.h"
#include "storage/rocksdb/rocks_store.h"
#include "storage/sample_merge.h"
#include "storage/types.h"

namespace tidemark::storage {

struct Tombstone {
  uint64_t number = 0;  // its name
  model::Timestamp min_time = 0;
  model::Timestamp max_time = 0;  // included
  uint32_t sequence = 0;          // of the last sweep whose chunks are meant
  std::vector<int64_t> buckets;   // ascending, not empty
  SeriesBitmap series;

  // Whether it takes samples from the chunk. The chunk's series is not looked at.
  bool Covers(const ChunkKey& chunk) const;
  bool HasBucket(int64_t bucket) const;
};

std::string EncodeTombstone(const Tombstone& tombstone);  // all but the number
absl::StatusOr<Tombstone> DecodeTombstone(uint64_t number, std::string_view bytes);

// Those of one series. The set they are from must outlive them.
using SeriesTombstones = std::vector<const Tombstone*>;

// Takes from the row that is being added to `merge`, the chunk `key`, what is deleted.
void HideDeleted(const SeriesTombstones& tombstones, const ChunkKey& key, SampleMerge* merge);

// All tombstones at one moment. Immutable; shared by the readers of that moment.
class TombstoneSet {
 public:
  TombstoneSet() = default;

  static absl::StatusOr<std::shared_ptr<const TombstoneSet>> Load(const RocksStore& store);
  std::shared_ptr<const TombstoneSet> With(Tombstone tombstone) const;
  // Without `bucket` in those tombstones that are in `applied`, too. The same changes to the store
  // are added to `batch`.
  std::shared_ptr<const TombstoneSet> WithoutBucket(int64_t bucket, const TombstoneSet& applied,
                                                    StoreBatch* batch) const;
  // Without the buckets before `bucket`, which are gone.
  std::shared_ptr<const TombstoneSet> WithoutBucketsBefore(int64_t bucket, StoreBatch* batch) const;

  bool empty() const { return tombstones_.empty(); }
  size_t size() const { return tombstones_.size(); }
  uint64_t last_number() const { return tombstones_.empty() ? 0 : tombstones_.back().number; }
  SeriesTombstones Of(SeriesRef series) const;
  // The buckets of all, ascending, each once.
  std::vector<int64_t> Buckets() const;
  bool HasBucket(int64_t bucket) const;

 private:
  template <typename Gone>
  std::shared_ptr<const TombstoneSet> Without(Gone gone, const TombstoneSet& applied,
                                              StoreBatch* batch) const;
  bool Has(uint64_t number) const;

  std::vector<Tombstone> tombstones_;  // in order of number
};

}  // namespace tidemark::storage
