// How rate, increase, delta, deriv and predict_linear read a window of samples. Pure functions.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
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

// How the samples of a window are extended to its ends, in milliseconds.
struct Extension {
  double sampled = 0;  // from the first to the last
  double to_start = 0;
  double to_end = 0;

  double Factor() const { return (sampled + to_start + to_end) / sampled; }
};

// The samples' ends are extended to the window's, that at its start `to_start` away, or by half a
// sampling interval where the window's end is farther away than a sample would normally be.
inline Extension ExtensionOf(const SampledWindow& window, double to_start) {
  const auto sampled = static_cast<double>(window.last_time - window.first_time);
  const auto intervals = static_cast<double>(window.count - 1);
  const auto to_end = static_cast<double>(window.end - window.last_time);
  const auto limited = [&](double gap) {
    return IsGap(gap, sampled, intervals) ? sampled / intervals / 2 : gap;
  };
  return {sampled, limited(to_start), limited(to_end)};
}

// Whether a counter that grew by `growth` would have been below zero so long before its first
// sample.
inline bool CrossesZero(double first_value, double growth, double sampled, double to_start) {
  // One branch that is hardly ever taken, instead of one on the growth that is a coin's toss.
  return (growth > 0) & (first_value >= 0) & (sampled * first_value < to_start * growth);
}

// Whether the samples lie in both windows alike, so that both are extended alike.
inline bool AreAlike(const SampledWindow& a, const SampledWindow& b) {
  // These wrap around.
  const auto distance = [](model::Timestamp from, model::Timestamp to) {
    return static_cast<uint64_t>(to) - static_cast<uint64_t>(from);
  };
  const uint64_t moved = distance(a.begin, b.begin);
  const uint64_t different = (a.count ^ b.count) | (distance(a.end, b.end) ^ moved) |
                             (distance(a.first_time, b.first_time) ^ moved) |
                             (distance(a.last_time, b.last_time) ^ moved);
  return different == 0;
}

// The growth over the whole window, given that over its samples. A counter is not extended to
// before it was zero.
// REQUIRES: two samples or more, at different times.
double Extrapolate(const SampledWindow& window, double growth, bool counter);

// The same window after window. Where samples and steps are regular they lie in each window as in
// the one before, and are extended alike. Thread-compatible.
class Extrapolator {
 public:
  double Extrapolate(const SampledWindow& window, double growth, bool counter) {
    if (!AreAlike(last_, window)) {
      last_ = window;
      extension_ = ExtensionOf(window, static_cast<double>(window.first_time - window.begin));
      factor_ = extension_.Factor();
    }
    const bool crosses_zero =
        CrossesZero(window.first_value, growth, extension_.sampled, extension_.to_start);
    if ((counter & crosses_zero) | window.as_prometheus_2) [[unlikely]] {
      return query::Extrapolate(window, growth, counter);
    }
    return growth * factor_;
  }

 private:
  SampledWindow last_;  // of no samples at first, which none is like
  Extension extension_;
  double factor_ = 0;
};

struct Line {
  double slope = 0;      // per second
  double intercept = 0;  // value at the zero time
};

// Least squares through the samples, times relative to `zero`. REQUIRES: not empty, equal sizes.
Line FitLine(std::span<const model::Timestamp> times, std::span<const double> values,
             model::Timestamp zero);

}  // namespace tidemark::query
