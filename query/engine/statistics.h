// Numbers about a run of values: extremes, spread, quantiles. Pure functions.
#pragma once

#include <span>
#include <vector>

namespace tidemark::query {

// NaN only when all are. REQUIRES: !values.empty(), here and below.
double Minimum(std::span<const double> values);
double Maximum(std::span<const double> values);

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

// Neighbours where the value falls; where it changes (NaN to NaN is no change).
size_t CountResets(std::span<const double> values);
size_t CountChanges(std::span<const double> values);

// Holt's linear smoothing with factors for level and trend. REQUIRES: two values or more.
double DoubleExponentialSmoothing(std::span<const double> values, double level, double trend);

}  // namespace tidemark::query
