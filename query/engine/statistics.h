// Numbers about a run of values: sums, spread, quantiles. Pure functions.
#pragma once

#include <cmath>
#include <span>
#include <vector>

namespace tidemark::query {

// REQUIRES: !values.empty(), here and below.
double Sum(std::span<const double> values);
double Mean(std::span<const double> values);

// Population variance by Welford's method with compensated sums.
double Variance(std::span<const double> values);

// NaN counts as smaller than every number.
bool LessNanFirst(double a, double b);

// The q-quantile, linear between neighbours in order; -Inf for q < 0, +Inf for q > 1, NaN for
// NaN. Reorders `values`.
double Quantile(double q, std::vector<double>* values);

// Median of the distances to the median; NaN when any value is. Reorders `values`.
double MedianAbsoluteDeviation(std::vector<double>* values);

// Whether the value falls from one sample to the next; whether it changes (NaN to NaN is no
// change).
inline bool IsReset(double before, double after) { return after < before; }
inline bool IsChange(double before, double after) {
  return before != after && !(std::isnan(before) && std::isnan(after));
}
// Neighbours of which that is so.
size_t CountResets(std::span<const double> values);
size_t CountChanges(std::span<const double> values);

// Holt's linear smoothing with factors for level and trend. REQUIRES: two values or more.
double DoubleExponentialSmoothing(std::span<const double> values, double level, double trend);

}  // namespace tidemark::query
