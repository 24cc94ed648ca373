// PartitionQuerier is the store as one evaluation of one partition sees it: the partition's own
// series, without any search.
//
// Samples are read once and kept for as long as the querier lives. It notes which of the rule's
// inputs have samples, for the question whether a result is missing because the data is.
//
// Thread-compatible, as one evaluation is of one thread. Partition and store must outlive it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "alert/live/live_partition.h"
#include "storage/live_store.h"
#include "storage/querier.h"

namespace tidemark::alert {

class PartitionQuerier final : public storage::Querier {
 public:
  PartitionQuerier(const LivePartition& partition, const storage::LiveStore& store,
                   int64_t lookback_ms)
      : partition_(partition), store_(store), lookback_ms_(lookback_ms) {}

  absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelNames(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelValues(
      std::string_view name, const storage::Selection& selection) const override;

  // The inputs that had a sample since the querier was made, one bit each: one that is not stale
  // and not older than the look-back at the end of what was selected.
  uint64_t present() const { return present_; }
  // Whether any sample at all was selected since the querier was made.
  bool any_samples() const { return any_samples_; }

  // The distinct times in [min_time, max_time] of samples of the partition, ascending.
  absl::StatusOr<std::vector<model::Timestamp>> SampleTimes(model::Timestamp min_time,
                                                            model::Timestamp max_time) const;

 private:
  friend class PartitionSeriesSet;

  absl::Status Read(const LiveSeries& series, const storage::Selection& selection,
                    storage::SampleColumns* columns) const;
  absl::StatusOr<const storage::SampleColumns*> Load(const LiveSeries& series,
                                                     model::Timestamp from) const;
  void NotePresence(uint64_t input, const storage::Selection& selection,
                    const storage::SampleColumns& columns) const;
  model::LabelsView LabelsOf(const LiveSeries& series) const;

  const LivePartition& partition_;
  const storage::LiveStore& store_;
  const int64_t lookback_ms_;
  mutable uint64_t present_ = 0;
  mutable bool any_samples_ = false;
  // What was read of a series: all samples from a time on.
  struct Loaded {
    model::Timestamp from = model::kMaxTimestamp;
    storage::SampleColumns columns;
  };
  mutable absl::flat_hash_map<const LiveSeries*, Loaded> loaded_;
};

}  // namespace tidemark::alert
