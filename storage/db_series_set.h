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
// as they lie on disk, and decoded series by series when they are read, so that the samples of one
// series are still in the processor's cache when they are used.
//
// What is selected is shared by the sets of all threads that read it, and does not change; each has
// a run and timelines of its own. Thread-compatible.
#pragma once

#include <memory>
#include <string>
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
    // The store, and what of it is not to be seen; null if only memory is to be read.
    std::unique_ptr<ChunkReader> chunks;
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

  size_t places() const override { return selected_->entries.size(); }
  std::unique_ptr<SeriesSet> Another() const override;
  void GoTo(size_t begin, size_t end) override;

 private:
  // What all sets over the same series have in common. Immutable.
  struct Selected {
    Selected(Sources from, const Selection& selection);
    // Puts the entries of one label set next to each other, in order of ref.
    void BringTwinsTogether();
    // The entry behind those that have the labels of entry `i`.
    size_t SeriesEnd(size_t i) const;
    // The first entry of a series at or behind entry `i`.
    size_t SeriesFrom(size_t i) const;
    // Whether the head has all that is wanted of the entry, so that the store need not be asked.
    bool HeadSuffices(const Entry& entry, model::Timestamp oldest) const;

    std::vector<Entry> entries;  // in order of key, twins behind the first of them
    const Sources sources;       // without the live entries
    const model::Timestamp min_time;
    const model::Timestamp max_time;
    const bool newest_only;
  };

  // What is known of an entry of the run.
  struct Fetched {
    model::Timestamp min_time = 0;  // of the selection, or the oldest that is kept
    bool head_suffices = false;
    SeriesTombstones deleted;
    size_t first_row = 0;  // in rows_, and how many
    size_t rows = 0;
  };
  // A chunk of the run, as it is in the store.
  struct StoredRow {
    size_t place = 0;  // in run_
    ChunkKey key;
    size_t offset = 0;  // in row_bytes_
    size_t size = 0;
  };

  explicit DbSeriesSet(std::shared_ptr<const Selected> selected);

  absl::Status FetchRun();
  void BeginRun();
  void KeepRow(const ChunkKey& key, std::string_view value);
  // Puts the rows of an entry next to each other.
  void SortRows();
  void BeginEntry(const Entry& entry, Fetched* fetched) const;
  absl::Status ReadEntry(size_t i, SampleColumns* columns);
  absl::Status DecodeRow(const StoredRow& row, const Fetched& fetched, SampleMerge* samples);
  absl::Status AddHeadChunks(const SeriesView& view, const Fetched& fetched,
                             SampleMerge* samples) const;
  void AddHeadLate(const SeriesView& view, const Fetched& fetched, SampleMerge* samples) const;

  const std::shared_ptr<const Selected> selected_;
  TimelineCache timelines_;

  size_t present_ = 0;  // first entry of the present series
  size_t next_ = 0;     // entry behind the present series
  size_t end_;          // entry behind the last series to be given
  // Entries [run_begin_, run_begin_ + run_.size()) are fetched; whole series.
  size_t run_begin_ = 0;
  std::vector<Fetched> run_;
  std::vector<std::pair<SeriesKey, size_t>> run_keys_;  // in order, with the place in run_
  std::vector<StoredRow> rows_;                         // of the run, in order of place
  std::string row_bytes_;
};

}  // namespace tidemark::storage
