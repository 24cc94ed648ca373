// How rate, increase, delta, deriv and predict_linear read a window of samples. Pure functions.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "model/sample.h"

namespace tidemark::query {

// What rate, increase and delta need to know of a window: its bounds, and the samples in it.
struct SampledWindow {
  model::Timestamp begin = 0;  // ms, the left end
  model::Timestamp end = 0;    // ms, the right end
  model::Timestamp first_time = 0;
  model::Timestamp last_time = 0;
  double first_value = 0;
  size_t count = 0;  // samples
  bool as_prometheus_2 = false;
};

// A distance to an end of the window counts as a gap, the series' own beginning or end, from this
// many mean distances of its samples on.
inline constexpr double kGapFactor = 1.1;

// Rounds as Prometheus does, in seconds, where rounding decides.
bool IsGapExactly(double gap_ms, double sampled_ms, double intervals);

inline bool IsGap(double gap_ms, double sampled_ms, double intervals) {
  const double gap = gap_ms * intervals;
  const double limit = kGapFactor * sampled_ms;
  constexpr double kDoubtful = 1e-9;
  if (std::abs(gap - limit) <= kDoubtful * limit) [[unlikely]] {
    return IsGapExactly(gap_ms, sampled_ms, intervals);
  }
  return gap > limit;
}

// The growth over the whole window, given that over its samples: the samples' ends are extended
// to the window's, or by half a sampling interval where the window's end is farther away than a
// sample would normally be. A counter is not extended to before it was zero.
// REQUIRES: two samples or more, at different times.
inline double Extrapolate(const SampledWindow& window, double growth, bool counter) {
  const auto sampled = static_cast<double>(window.last_time - window.first_time);
  const auto intervals = static_cast<double>(window.count - 1);
  auto to_start = static_cast<double>(window.first_time - window.begin);
  auto to_end = static_cast<double>(window.end - window.last_time);
  // One branch that is hardly ever taken, instead of one on the growth that is a coin's toss.
  const auto stop_at_zero = [&] {
    const bool crosses_zero = (growth > 0) & (window.first_value >= 0) &
                              (sampled * window.first_value < to_start * growth);
    if (counter && crosses_zero) [[unlikely]] {
      to_start = sampled * (window.first_value / growth);
    }
  };
  if (window.as_prometheus_2) [[unlikely]] {
    stop_at_zero();
  }
  if (IsGap(to_start, sampled, intervals)) {
    to_start = sampled / intervals / 2;
  }
  stop_at_zero();
  if (IsGap(to_end, sampled, intervals)) {
    to_end = sampled / intervals / 2;
  }
  return growth * ((sampled + to_start + to_end) / sampled);
}

struct Line {
  double slope = 0;      // per second
  double intercept = 0;  // value at the zero time
};

// Least squares through the samples, times relative to `zero`. REQUIRES: not empty, equal sizes.
Line FitLine(std::span<const model::Timestamp> times, std::span<const double> values,
             model::Timestamp zero);

}  // namespace tidemark::query
