// EvalContext is what all nodes of one running query share: the store, the query's own times, its
// limits and what it has to tell besides its value. It lives on the stack of the thread that
// evaluates. Others that help it (query/engine/series_rows.h) have meters of their own.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/helper_pool.h"
#include "query/engine/annotations.h"
#include "query/engine/engine.h"
#include "query/engine/label_arena.h"
#include "query/engine/step_grid.h"
#include "query/engine/work_meter.h"
#include "storage/querier.h"

namespace tidemark::query {

// SampleBudget counts the samples a query holds at once, and the cells of the columns they are in,
// which take memory also where there is no sample. Going over a limit is not refused but
// remembered: the evaluation ends at its next EvalContext::Spend().
class SampleBudget {
 public:
  explicit SampleBudget(size_t limit) : limit_(limit) {}

  void Charge(size_t samples) {
    held_ += samples;
    peak_ = std::max(peak_, held_);
  }
  void Release(size_t samples) { held_ -= samples; }

  void ChargeCells(size_t cells) {
    cells_ += cells;
    peak_cells_ = std::max(peak_cells_, cells_);
  }
  void ReleaseCells(size_t cells) { cells_ -= cells; }

  bool exceeded() const { return peak_ > limit_ || peak_cells_ / kCellsPerSample > limit_; }
  size_t peak() const { return peak_; }

 private:
  // Cells that may be held for each sample of the limit.
  static constexpr size_t kCellsPerSample = 4;

  const size_t limit_;
  size_t held_ = 0;
  size_t peak_ = 0;
  size_t cells_ = 0;
  size_t peak_cells_ = 0;
};

class EvalContext {
 public:
  // All arguments must outlive the context. `query` is the text of the expression, `times` its
  // steps, `end` the last time asked for, which may lie behind the last step.
  // `helpers` may be null: then the query has one thread.
  EvalContext(const storage::Querier& querier, const base::Clock& clock,
              const EngineOptions& engine, const QueryOptions& query_options,
              std::string_view query, const StepGrid& times, model::Timestamp end,
              base::HelperPool* helpers);
  ~EvalContext() = default;
  EvalContext(const EvalContext&) = delete;
  EvalContext& operator=(const EvalContext&) = delete;

  const storage::Querier& querier() const { return querier_; }
  const EngineOptions& options() const { return engine_; }
  bool memory_only() const { return memory_only_; }
  int64_t lookback_ms() const { return lookback_ms_; }
  // The steps of the whole query, whatever part of it is evaluated at other ones.
  const StepGrid& times() const { return times_; }
  model::Timestamp query_end() const { return query_end_; }
  bool is_range_query() const { return times_.step_ms > 0; }

  LabelArena& labels() { return labels_; }
  SampleBudget& budget() { return budget_; }
  Annotations& annotations() { return annotations_; }
  // Of the thread that evaluates.
  WorkMeter& meter() { return meter_; }
  base::HelperPool* helpers() const { return helpers_; }

  // To be called in every loop that may be long, with the number of samples it has worked on
  // since the last call: ends a query that is late, unwanted or too big.
  absl::Status Spend(size_t samples) {
    absl::Status status = meter_.Spend(samples);
    return budget_.exceeded() && status.ok() ? Check() : status;
  }

  // The same, whatever was spent.
  absl::Status Check();

  // Whether the query may have that many steps at all.
  absl::Status CheckSteps(const StepGrid& steps) const;

  void CountRead(size_t samples) { samples_read_ += samples; }
  size_t samples_read() const { return samples_read_; }

  // Whether CountAt is to be called: when it was asked for, and outside of subqueries.
  bool counts_samples() const { return !samples_at_.empty() && subqueries_ == 0; }
  // Of the query's steps.
  void CountAt(size_t step, size_t samples) { samples_at_[step] += samples; }
  std::vector<uint64_t> TakeSamplesAt() { return std::move(samples_at_); }

  // To be held while the expression of a subquery is evaluated.
  class InSubquery {
   public:
    explicit InSubquery(EvalContext* context) : context_(*context) { ++context_.subqueries_; }
    ~InSubquery() { --context_.subqueries_; }
    InSubquery(const InSubquery&) = delete;
    InSubquery& operator=(const InSubquery&) = delete;

   private:
    EvalContext& context_;
  };

 private:
  const storage::Querier& querier_;
  const EngineOptions& engine_;
  const StepGrid times_;
  const model::Timestamp query_end_;
  const int64_t lookback_ms_;
  const bool memory_only_;
  base::HelperPool* const helpers_;

  WorkMeter meter_;
  LabelArena labels_;
  SampleBudget budget_;
  Annotations annotations_;
  size_t samples_read_ = 0;
  std::vector<uint64_t> samples_at_;  // by step; empty unless asked for
  int subqueries_ = 0;
};

// An error of evaluation (422 in the HTTP API).
absl::Status ExecutionError(std::string_view text);

}  // namespace tidemark::query
