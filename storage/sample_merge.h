// SampleMerge puts the rows that a store has of one series together, in order of time.
//
// Of two samples at one time the first of these stays: that of a sealed chunk; of a chunk that came
// in order; of late chunks, that of the earlier sweep; late samples of the head, that which came
// first. Rows are added as a ChunkCursor gives them, so nearly always each row goes on where the
// one before ended, and nothing is copied.
//
//   merge.stream()             decode a row's samples behind what is there, ascending
//   merge.Hide(min, max)       take some of them away again
//   merge.EndRow(kind, n)      say what the row was
//   merge.Finish()             the samples of all rows
//
// A value; thread-compatible.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/sample.h"
#include "storage/querier.h"
#include "storage/types.h"

namespace tidemark::storage {

class SampleMerge {
 public:
  SampleMerge() = default;
  // Uses the memory of `columns`, whatever is in them.
  explicit SampleMerge(SampleColumns columns) : stream_(std::move(columns)) { stream_.clear(); }

  // What the rows so far have in common order; new samples are put behind it.
  SampleColumns* stream() { return &stream_; }

  // Removes samples in [min_time, max_time] from what was put behind the stream since EndRow.
  void Hide(model::Timestamp min_time, model::Timestamp max_time);

  // What was put behind the stream is a row of sweep `sequence`.
  void EndRow(ChunkKind kind, uint32_t sequence);

  // A sample of the head that is older than others in the head.
  void AddLate(model::Sample sample) { late_.push_back({sample, UINT64_MAX}); }

  // All samples, strictly ascending. The merge is empty afterwards, and keeps no memory.
  SampleColumns Finish();

  bool empty() const { return stream_.size() == 0 && late_.empty(); }

 private:
  struct LateSample {
    model::Sample sample;
    uint64_t rank;  // the lower one stays
  };

  void MoveRowToLate(uint64_t rank);

  SampleColumns stream_;
  size_t row_begin_ = 0;          // in stream_
  std::vector<LateSample> late_;  // rows that did not fit behind the stream
};

}  // namespace tidemark::storage
