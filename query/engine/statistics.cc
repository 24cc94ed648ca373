#include "query/engine/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/engine/compensated.h"

namespace tidemark::query {

double Sum(std::span<const double> values) {
  CompensatedSum sum;
  for (const double v : values) {
    sum.Add(v);
  }
  return sum.Value();
}

double Mean(std::span<const double> values) {
  CompensatedMean mean;
  for (const double v : values) {
    mean.Add(v);
  }
  return mean.Value();
}

double Variance(std::span<const double> values) {
  double count = 0;
  CompensatedSum mean;
  CompensatedSum squares;
  for (const double v : values) {
    count += 1;
    const double delta = v - mean.Value();
    mean.Add(delta / count);
    squares.Add(delta * (v - mean.Value()));
  }
  return squares.Value() / count;
}

bool LessNanFirst(double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; }

double Quantile(double q, std::vector<double>* values) {
  if (std::isnan(q)) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  if (q < 0 || q > 1) {
    return q < 0 ? -std::numeric_limits<double>::infinity()
                 : std::numeric_limits<double>::infinity();
  }
  const double rank = q * static_cast<double>(values->size() - 1);
  const auto lower = values->begin() + static_cast<std::ptrdiff_t>(std::floor(rank));
  std::nth_element(values->begin(), lower, values->end(), LessNanFirst);
  const auto upper =
      lower + 1 == values->end() ? lower : std::min_element(lower + 1, values->end(), LessNanFirst);
  const double weight = rank - std::floor(rank);
  return *lower * (1 - weight) + *upper * weight;
}

double MedianAbsoluteDeviation(std::vector<double>* values) {
  if (std::any_of(values->begin(), values->end(), [](double v) { return std::isnan(v); })) {
    return std::numeric_limits<double>::quiet_NaN();
  }
  const double median = Quantile(0.5, values);
  for (double& v : *values) {
    v = std::abs(v - median);
  }
  return Quantile(0.5, values);
}

size_t CountResets(std::span<const double> values) {
  size_t resets = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    resets += IsReset(values[i - 1], values[i]) ? 1 : 0;
  }
  return resets;
}

size_t CountChanges(std::span<const double> values) {
  size_t changes = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    changes += IsChange(values[i - 1], values[i]) ? 1 : 0;
  }
  return changes;
}

double DoubleExponentialSmoothing(std::span<const double> values, double level, double trend) {
  double smoothed = values[0];
  double slope = values[1] - values[0];
  double before = 0;
  for (size_t i = 1; i < values.size(); ++i) {
    if (i > 1) {
      slope = trend * (smoothed - before) + (1 - trend) * slope;
    }
    before = smoothed;
    smoothed = level * values[i] + (1 - level) * (smoothed + slope);
  }
  return smoothed;
}

}  // namespace tidemark::query
