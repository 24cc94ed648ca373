// Sweeper moves what only the journal makes durable into the store, and deletes the journal
// behind it.
//
// One sweep:
//   1. cut the journal: every entry submitted so far is in segment `cut` or before it, and
//      everything in those entries had been applied to the head before it was submitted;
//   2. write new series, changed metadata, and of each dirty series what was not written before;
//   3. flush the store: all of that survives a crash;
//   4. delete the segments up to `cut`.
// No sample is written twice: what a sweep takes of a series makes one chunk a bucket, under a key
// that ends in the sweep's number. A crash between any two steps loses nothing: the segments are
// replayed, which is idempotent. A failure at any step leaves the segments and marks what was not
// written dirty again.
//
// One thread at a time; the Db sees to that.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "storage/head/head.h"
#include "storage/journal/journal.h"
#include "storage/metadata_table.h"
#include "storage/new_series.h"
#include "storage/pace.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage {

class Sweeper {
 public:
  struct Parts {
    Head* head;
    NewSeries* new_series;
    MetadataTable* metadata;
    Journal* journal;
    RocksStore* store;
    const base::Clock* clock;
    base::MetricsRegistry* metrics;
  };

  // All parts must outlive the sweeper. Reads the number of the last sweep from the store.
  static absl::StatusOr<std::unique_ptr<Sweeper>> Create(const Parts& parts);

  absl::Status Sweep(Pace pace);

  // The number of the last sweep: that of the newest chunks in the store.
  uint32_t sequence() const { return sequence_; }

 private:
  Sweeper(const Parts& parts, uint32_t sequence);

  struct Taken {
    HeadSeries* series;
    SeriesCapture capture;
  };

  uint32_t NowSeconds() const;  // for HeadSeries::set_active_at
  absl::Status WriteDefinitions();
  absl::Status WriteSamples(Pace pace);
  void AddToBatch(const Taken& taken, StoreBatch* batch);
  void AddChunks(const HeadSeries& series, ChunkKind kind, const SampleColumns& columns,
                 StoreBatch* batch);
  absl::Status WriteBatch(StoreBatch* batch, std::vector<Taken>* taken);
  absl::Status SweepUpTo(SegmentId cut, Pace pace);

  const Parts parts_;
  // Of the sweep under way: no two sweeps write chunks of one number. Kept in the store, too.
  uint32_t sequence_;

  base::Counter* const sweeps_;
  base::Counter* const failures_;
  base::Counter* const series_swept_;
  base::Counter* const samples_written_;
  base::Counter* const bytes_written_;
  base::Histogram* const seconds_;
};

}  // namespace tidemark::storage
