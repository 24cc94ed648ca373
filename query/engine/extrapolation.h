// How rate, increase, delta, deriv and predict_linear read a window of samples. Pure functions.
#pragma once

#include <optional>
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

// The growth over the whole window, given that over its samples: the samples' ends are extended
// to the window's, or by half a sampling interval where the window's end is farther away than a
// sample would normally be. A counter is not extended to before it was zero.
// REQUIRES: two samples or more, at different times.
double Extrapolate(const SampledWindow& window, double growth, bool counter);

struct Line {
  double slope = 0;      // per second
  double intercept = 0;  // value at the zero time
};

// Least squares through the samples, times relative to `zero`. REQUIRES: not empty, equal sizes.
Line FitLine(std::span<const model::Timestamp> times, std::span<const double> values,
             model::Timestamp zero);

}  // namespace tidemark::query
