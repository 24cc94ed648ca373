// Instant selectors, and the range vectors that functions over time work on.
#pragma once

#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "query/engine/evaluator.h"
#include "query/engine/series_rows.h"
#include "storage/querier.h"

namespace tidemark::query {

enum class SampleField {
  kValue,
  kTime,  // when the sample was taken, in seconds
};

// The newest sample inside the look-back at each step; none when that is a stale marker.
absl::StatusOr<StepVector> SelectInstant(Evaluator& evaluator, const VectorSelector& selector,
                                         SampleField field);

// RangeVector is a range selector or a subquery at all steps: each series' samples once, and the
// windows over them. Samples are read while they are visited. Thread-compatible.
class RangeVector {
 public:
  // Evaluates the inner expression of a subquery. `evaluator` and `expr` must outlive the result.
  // An anchored or smoothed range is an error. REQUIRES: expr is a matrix.
  static absl::StatusOr<RangeVector> Create(Evaluator* evaluator, const Expr& expr);
  // As above; an anchored or smoothed range holds samples around its windows, too.
  static absl::StatusOr<RangeVector> CreateExtended(Evaluator* evaluator, const Expr& expr);

  const WindowGrid& windows() const { return windows_; }
  // See StepVector::mixed_names().
  bool mixed_names() const;

  // Calls `visit` for each series with its samples in all windows together, stale markers left
  // out. Labels are valid during the call only.
  using Visitor = absl::FunctionRef<absl::Status(model::LabelsView, const storage::SampleColumns&)>;
  absl::Status ForEach(Visitor visit);

  // Makes a row of each series' samples, stale markers left out, and has it taken: see RowJob.
  // `make` may be called by several threads at once.
  absl::Status ForEachRow(RowJob::Make make, RowJob::Take take);

  // Row::drop_name of the series being visited or taken.
  bool drop_name() const { return drop_name_; }

 private:
  RangeVector(Evaluator* evaluator, WindowGrid windows)
      : evaluator_(evaluator), windows_(windows) {}

  absl::Status EvaluateSubquery(const Subquery& subquery);
  void CountSamples(const storage::SampleColumns& samples) const;
  absl::Status ForEachSelected(Visitor visit);
  absl::Status ForEachSelectedRow(RowJob::Make make, RowJob::Take take);
  absl::Status ForEachEvaluatedRow(RowJob::Make make, RowJob::Take take);
  absl::Status ForEachEvaluated(Visitor visit);

  Evaluator* evaluator_;
  WindowGrid windows_;
  const VectorSelector* selector_ = nullptr;  // of a range selector
  StepGrid inner_steps_;                      // of a subquery
  std::optional<StepVector> inner_;
  bool drop_name_ = false;
};

}  // namespace tidemark::query
