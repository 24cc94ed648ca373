// ForEachRow makes of each series of a selection one row over the steps of a query, and hands the
// rows over in the order of the selection.
//
// Where that is much work, the idle helpers of the engine take part: runs of series are computed by
// whoever is free, and what is computed waits until it is its turn, a few runs at most. So rows are
// taken in the same order, by the thread of the query alone, however many compute them:
//
//   run      0    1    2    3    4    5
//   by       A    B    A    B    A         A: the query's thread, B: a helper
//   taken    ✓    ✓    ✓    ·    ·         run 3 waits for nothing but A's turn to take it
#pragma once

#include "absl/functional/function_ref.h"
#include "query/engine/eval_context.h"
#include "query/engine/step_vector.h"
#include "storage/querier.h"

namespace tidemark::query {

struct RowJob {
  // Fills `row`, which has no value yet, from the samples of a series; it may change them. Called
  // by several threads at once if `shared`.
  using Make =
      absl::FunctionRef<absl::Status(storage::SampleColumns* samples, const Row& row, WorkMeter*)>;
  // Takes a row that has a value. `row` is valid during the call only, and its own labels mean
  // nothing; `labels` are valid as long as the set.
  using Take = absl::FunctionRef<absl::Status(model::LabelsView labels, const Row& row)>;

  size_t steps = 0;
  int64_t span_ms = 0;  // of the samples that are read
  Make make;
  Take take;
  bool shared = true;
  bool holds_samples = false;  // samples count as held by the query while their row is taken
};

absl::Status ForEachRow(EvalContext* context, storage::SeriesSet* set, const RowJob& job);

}  // namespace tidemark::query
