// DbSeriesSet reads selected series from the store and from the head, and merges them.
//
// A series' samples come from up to four places. Of two samples at one time the first place wins:
//   1. in-order chunks in the store: always a prefix of the series' in-order stream;
//   2. chunks in the head: the rest of that stream, and some of the prefix again;
//   3. late chunks in the store, in order of their sequence;
//   4. late samples in the head, in order of arrival.
//
// A label set that left memory and came back has several refs, each with samples of its own. The
// set gives one series for all of them; of two samples at one time the older ref's wins.
//
// The head's views are taken before the store's reader, so a sample that moves from one to the
// other is seen at least once. Chunks are fetched for a run of series at a time, bucket by bucket
// as they lie on disk. Thread-compatible.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "base/epoch.h"
#include "storage/cold/cold_index.h"
#include "storage/head/head_series.h"
#include "storage/querier.h"
#include "storage/rocksdb/chunk_reader.h"

namespace tidemark::storage {

class DbSeriesSet final : public SeriesSet {
 public:
  struct Entry {
    SeriesKey key;
    model::LabelsView labels;
    SeriesView view;  // empty for a series that has left memory
  };
  // What to read from. `guard` protects views and labels and is held as long as the set lives.
  struct Sources {
    std::unique_ptr<base::EpochDomain::Guard> guard;
    std::vector<Entry> live;
    std::vector<ColdSeries> cold;  // without those that are live
    bool has_twins;                // whether labels may occur twice
    std::unique_ptr<ChunkReader> reader;
  };

  DbSeriesSet(Sources sources, model::Timestamp min_time, model::Timestamp max_time);

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

  // Puts the entries of one label set next to each other, in order of ref.
  void BringTwinsTogether();
  // The entry behind those that have the labels of entry `i`.
  size_t SeriesEnd(size_t i) const;
  absl::Status FetchRun();
  absl::Status ReadEntry(size_t i, SampleColumns* columns);
  absl::Status AddChunk(const ChunkKey& key, std::string_view value);
  absl::Status AddHeadChunks(const SeriesView& view, SampleColumns* columns) const;
  void AddHeadLate(const SeriesView& view, std::vector<LateSample>* late) const;
  static void MergeLate(std::vector<LateSample> late, SampleColumns* columns);

  const std::unique_ptr<base::EpochDomain::Guard> guard_;
  const std::vector<ColdSeries> cold_;  // holds the labels of entries
  std::vector<Entry> entries_;          // in order of key, twins behind the first of them
  const bool has_twins_;
  const std::unique_ptr<ChunkReader> reader_;
  const model::Timestamp min_time_;
  const model::Timestamp max_time_;

  size_t present_ = 0;  // first entry of the present series
  size_t next_ = 0;     // entry behind the present series
  // Entries [run_begin_, run_begin_ + run_.size()) are fetched; whole series.
  size_t run_begin_ = 0;
  std::vector<Stored> run_;
  std::vector<std::pair<SeriesKey, size_t>> run_keys_;  // in order, with the place in run_
};

}  // namespace tidemark::storage
