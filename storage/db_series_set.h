// DbSeriesSet reads selected series from the store and from the head, and merges them.
//
// A series' samples come from up to four places. Of two samples at one time the first place wins:
//   1. in-order chunks in the store: always a prefix of the series' in-order stream;
//   2. chunks in the head: the rest of that stream, and some of the prefix again;
//   3. late chunks in the store, in order of their sequence;
//   4. late samples in the head, in order of arrival.
//
// The head's views are taken before the store's reader, so a sample that moves from one to the
// other is seen at least once. Chunks are fetched for a run of series at a time, bucket by bucket
// as they lie on disk. Thread-compatible.
#pragma once

#include <memory>
#include <vector>

#include "base/epoch.h"
#include "storage/head/head_series.h"
#include "storage/querier.h"
#include "storage/rocksdb/chunk_reader.h"

namespace tidemark::storage {

class DbSeriesSet final : public SeriesSet {
 public:
  struct Entry {
    const HeadSeries* series;
    SeriesView view;
  };

  // `guard` protects the views and is held as long as this set lives.
  DbSeriesSet(std::unique_ptr<base::EpochDomain::Guard> guard, std::vector<Entry> entries,
              std::unique_ptr<ChunkReader> reader, model::Timestamp min_time,
              model::Timestamp max_time);

  bool Next() override;
  model::LabelsView labels() const override;
  absl::Status Read(SampleColumns* columns) override;

 private:
  struct LateSample {
    model::Sample sample;
    uint32_t sequence;  // of its chunk; the head's come last
  };
  // What the store holds of one series.
  struct Stored {
    SampleColumns in_order;
    std::vector<LateSample> late;
  };

  absl::Status FetchRun();
  absl::Status AddChunk(const ChunkKey& key, std::string_view value);
  absl::Status AddHeadChunks(const SeriesView& view, SampleColumns* columns) const;
  void AddHeadLate(const SeriesView& view, std::vector<LateSample>* late) const;
  static void MergeLate(std::vector<LateSample> late, SampleColumns* columns);

  const std::unique_ptr<base::EpochDomain::Guard> guard_;
  std::vector<Entry> entries_;  // in order of key
  const std::unique_ptr<ChunkReader> reader_;
  const model::Timestamp min_time_;
  const model::Timestamp max_time_;

  size_t next_ = 0;       // entry behind the present one
  size_t run_begin_ = 0;  // entries [run_begin_, run_begin_ + run_.size()) are fetched
  std::vector<Stored> run_;
};

}  // namespace tidemark::storage
