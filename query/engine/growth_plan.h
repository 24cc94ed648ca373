// GrowthPlan says where the windows of all steps begin and end in a column of times, and how what
// grew in them is extended to their ends. It is the same for all series whose samples have the same
// times, as those of one scraped target have: so it is made once, and of each series only the
// values are looked at.
//
//   times   0  15  30  45  60  75 …        windows of 60, a step of 15
//   run     steps 4, 5, 6, …: samples [1, 4], [2, 5], [3, 6], … all extended by the same factor
//
// Immutable; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "model/sample.h"
#include "query/engine/extrapolation.h"
#include "query/engine/step_grid.h"
#include "query/engine/step_vector.h"

namespace tidemark::query {

class GrowthPlan {
 public:
  // REQUIRES: not windows.closed.
  GrowthPlan(std::span<const model::Timestamp> times, const WindowGrid& windows);

  bool IsFor(std::span<const model::Timestamp> times) const;
  // Samples in all windows, one that is in several counted in each.
  size_t samples() const { return samples_; }

  // Writes to `out`, which has no value, what `values`, one for each time, grow by in each window,
  // divided by `divisor`. Nothing is written where a window has fewer than two samples.
  // REQUIRES: a counter's values never fall.
  template <bool counter>
  void Apply(std::span<const double> values, double divisor, const Row& out) const;

 private:
  // Steps whose windows lie alike around their samples, each one sample further than the one
  // before.
  struct Run {
    uint32_t step;  // the first
    uint32_t steps;
    uint32_t first;  // its samples
    uint32_t last;
    Extension extension;
    double factor;
  };

  void AddWindow(uint32_t step, uint32_t first, uint32_t last);
  SampledWindow WindowOf(uint32_t step, uint32_t first, uint32_t last) const;
  // As Apply, for each step of `run` by itself.
  void ApplyOneByOne(const Run& run, std::span<const double> values, double divisor,
                     const Row& out) const;

  const std::vector<model::Timestamp> times_;
  const WindowGrid windows_;
  std::vector<Run> runs_;
  std::vector<uint64_t> present_;  // one bit a step
  SampledWindow last_;             // that was added
  size_t samples_ = 0;
};

// The plans of one function call, for the last few columns of times. Thread-safe.
class GrowthPlans {
 public:
  std::shared_ptr<const GrowthPlan> Of(std::span<const model::Timestamp> times,
                                       const WindowGrid& windows) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  static constexpr size_t kMostKept = 4;

  base::Mutex mu_;
  std::vector<std::shared_ptr<const GrowthPlan>> plans_ ABSL_GUARDED_BY(mu_);  // newest last
};

}  // namespace tidemark::query
