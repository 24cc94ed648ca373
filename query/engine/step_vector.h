// StepVector is the value of an instant-vector node at all steps of a query: series, each with
// one column of numbers over the steps and one bit a step that tells whether there is a value.
//
//   series │ labels   values[steps]           present (64 steps a word)
//   ───────┼─────────────────────────────────────────────────────────
//      0   │ {a="x"}  1.0  2.0  0.0  4.0 …    1 1 0 1 …
//      1   │ {a="y"}  0.0  7.0  7.5  0.0 …    0 1 1 0 …
//
// Where the bit is clear the number has no meaning, but is there: arithmetic may run over whole
// columns. Columns do not move once added. Labels belong to the query's LabelArena. Cells and
// values are charged to the query's SampleBudget. Movable; thread-compatible.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/labels.h"
#include "query/engine/eval_context.h"

namespace tidemark::query {

// One series of a StepVector; a view that is cheap to copy.
struct Row {
  model::LabelsView labels;
  double* values = nullptr;
  uint64_t* present = nullptr;
  bool drop_name = false;  // the metric name goes when the query is done (delayed removal)

  bool Has(size_t step) const { return (present[step / 64] >> (step % 64) & 1) != 0; }
  void Set(size_t step, double v) const {
    values[step] = v;
    present[step / 64] |= uint64_t{1} << (step % 64);
  }
  void Clear(size_t step) const { present[step / 64] &= ~(uint64_t{1} << (step % 64)); }
};

inline size_t PresenceWords(size_t steps) { return (steps + 63) / 64; }

// Calls f(step) for every set bit, ascending.
template <typename F>
void ForEachBit(const uint64_t* words, size_t word_count, F f) {
  for (size_t w = 0; w < word_count; ++w) {
    for (uint64_t bits = words[w]; bits != 0; bits &= bits - 1) {
      f(w * 64 + static_cast<size_t>(std::countr_zero(bits)));
    }
  }
}

// How many bits are set.
inline size_t CountBits(const uint64_t* words, size_t word_count) {
  size_t count = 0;
  for (size_t w = 0; w < word_count; ++w) {
    count += static_cast<size_t>(std::popcount(words[w]));
  }
  return count;
}

class StepVector {
 public:
  // `context` must outlive this vector.
  StepVector(EvalContext* context, size_t steps) : context_(context), steps_(steps) {}
  ~StepVector() { Release(); }
  StepVector(StepVector&& other) noexcept { *this = std::move(other); }
  StepVector& operator=(StepVector&& other) noexcept;
  StepVector(const StepVector&) = delete;
  StepVector& operator=(const StepVector&) = delete;

  size_t steps() const { return steps_; }
  size_t words() const { return PresenceWords(steps_); }
  std::vector<Row>& rows() { return rows_; }
  const std::vector<Row>& rows() const { return rows_; }

  // Adds a series that has no value yet. `labels` must live in the query's arena. It is charged as
  // if it had a value at all steps, until Recount.
  Row& Add(model::LabelsView labels);
  // Adds a series with the values of `row`, which may be of another vector of as many steps.
  Row& AddCopy(model::LabelsView labels, const Row& row);

  // Charges the values that there are. To be called when no more will be added.
  void Recount();

  // Whether `row` has a value at some step.
  bool HasAny(const Row& row) const;
  // Removes the series without any value.
  void DropEmpty();

  template <typename F>
  void ForEachPresent(const Row& row, F f) const {
    ForEachBit(row.present, words(), f);
  }

  // Whether dropping the metric name may make two series equal: false when all have one name.
  bool mixed_names() const { return mixed_names_; }
  void set_mixed_names(bool mixed) { mixed_names_ = mixed; }

 private:
  struct Slab {
    std::unique_ptr<double[]> values;
    std::unique_ptr<uint64_t[]> present;
    size_t rows = 0;
    size_t used = 0;
  };

  Row& AddRow(model::LabelsView labels);
  void ChargeValues(size_t values);
  void Release();
  void AddSlab();

  EvalContext* context_ = nullptr;
  size_t steps_ = 0;
  std::vector<Row> rows_;
  std::vector<Slab> slabs_;
  size_t charged_values_ = 0;
  size_t charged_cells_ = 0;
  bool mixed_names_ = true;
};

// Whether `labels` have a __type__ or __unit__, which go with the metric name.
bool DescribesMetric(model::LabelsView labels);

// Removes the metric name (and the __type__ and __unit__ that describe the metric) from every
// series. Series that become equal are joined; two that have a value at the same step are an
// error.
// With delayed removal the series are only marked.
absl::Status DropMetricNames(EvalContext* context, StepVector* vector);

// Removes the names of marked series, at the end of a query, as DropMetricNames() would have.
absl::Status DropMarkedNames(EvalContext* context, StepVector* vector);

// Joins series with equal labels; two of them with a value at the same step are an error.
absl::Status MergeEqualSeries(StepVector* vector);

// `labels` without the name, __type__ and __unit__; bytes of `labels` itself where possible, else
// of the arena.
model::LabelsView WithoutMetricName(model::LabelsView labels, LabelArena* arena);

absl::Status SameLabelsetError();

}  // namespace tidemark::query
