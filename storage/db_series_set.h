// DbSeriesSet reads selected series from the store and from the head, and merges them.
//
// A series' samples come from up to five places. Of two samples at one time the first place wins:
//   1. sealed chunks in the store;
//   2. in-order chunks in the store: with the sealed ones, always a prefix of the in-order stream;
//   3. chunks in the head: the rest of that stream, and some of the prefix again;
//   4. late chunks in the store, in order of their sequence;
//   5. late samples in the head, in order of arrival.
//
// What is deleted, or older than is kept of its series, is left out. Deletion touches the store
// alone: what the head has of the prefix is not looked at.
//
// Where the head has all that is asked for, as it mostly has of the last minutes, the store is not
// read at all.
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
#include "storage/chunk/timeline.h"
#include "storage/cold/cold_index.h"
#include "storage/deletion/tombstones.h"
#include "storage/head/head_series.h"
#include "storage/querier.h"
#include "storage/retention/retention_policy.h"
#include "storage/rocksdb/chunk_reader.h"
#include "storage/sample_merge.h"

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
    std::unique_ptr<ChunkReader> chunks;
    // What of it is not to be seen.
    std::shared_ptr<const TombstoneSet> tombstones;
    std::shared_ptr<const RetentionPolicy> retention;
    model::Timestamp now = 0;
    // What is newer is in the head as it is in the store: nothing late, nothing deleted.
    model::Timestamp stored_apart_until = model::kMaxTimestamp;
  };

  DbSeriesSet(Sources sources, const Selection& selection);

  bool Next() override;
  model::LabelsView labels() const override;
  absl::Status Read(SampleColumns* columns) override;

 private:
  // Whether the head has all that is wanted of the entry, so that the store need not be asked.
  bool HeadSuffices(const Entry& entry, model::Timestamp min_time) const;

  // What was fetched of one entry.
  struct Fetched {
    SampleMerge samples;
    model::Timestamp min_time = 0;  // of the selection, or the oldest that is kept
    bool head_suffices = false;
    SeriesTombstones deleted;
  };

  // Puts the entries of one label set next to each other, in order of ref.
  void BringTwinsTogether();
  // The entry behind those that have the labels of entry `i`.
  size_t SeriesEnd(size_t i) const;
  absl::Status FetchRun();
  absl::Status ReadEntry(size_t i, SampleColumns* columns);
  absl::Status AddChunk(const ChunkKey& key, std::string_view value);
  void BeginEntry(const Entry& entry, Fetched* fetched) const;
  absl::Status AddHeadChunks(const SeriesView& view, Fetched* fetched) const;
  void AddHeadLate(const SeriesView& view, Fetched* fetched) const;

  const std::unique_ptr<base::EpochDomain::Guard> guard_;
  const std::vector<ColdSeries> cold_;  // holds the labels of entries
  std::vector<Entry> entries_;          // in order of key, twins behind the first of them
  const bool has_twins_;
  const std::unique_ptr<ChunkReader> chunks_;
  const std::shared_ptr<const TombstoneSet> tombstones_;
  const std::shared_ptr<const RetentionPolicy> retention_;
  const model::Timestamp now_;
  const model::Timestamp stored_apart_until_;
  TimelineCache timelines_;
  const model::Timestamp min_time_;
  const model::Timestamp max_time_;
  const bool newest_only_;

  size_t present_ = 0;  // first entry of the present series
  size_t next_ = 0;     // entry behind the present series
  // Entries [run_begin_, run_begin_ + run_.size()) are fetched; whole series.
  size_t run_begin_ = 0;
  std::vector<Fetched> run_;
  std::vector<std::pair<SeriesKey, size_t>> run_keys_;  // in order, with the place in run_
};

}  // namespace tidemark::storage
