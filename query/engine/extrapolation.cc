#include "query/engine/extrapolation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "query/engine/compensated.h"

namespace tidemark::query {
namespace {

// A gap at an end of the window counts as the series' own beginning or end when it is this many
// times the mean distance of its samples.
constexpr double kGapFactor = 1.1;

double Seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

}  // namespace

double Extrapolate(const SampledWindow& window, double growth, bool counter) {
  const double sampled = Seconds(window.last_time - window.first_time);
  const double mean_gap = sampled / static_cast<double>(window.count - 1);
  double to_start = Seconds(window.first_time - window.begin);
  double to_end = Seconds(window.end - window.last_time);
  const bool may_meet_zero = counter && growth > 0 && window.first_value >= 0;
  const double to_zero = may_meet_zero ? sampled * (window.first_value / growth) : to_start;
  if (window.as_prometheus_2) {
    to_start = std::min(to_start, to_zero);
  }
  if (to_start >= kGapFactor * mean_gap) {
    to_start = mean_gap / 2;
  }
  if (may_meet_zero) {
    to_start = std::min(to_start, to_zero);
  }
  if (to_end >= kGapFactor * mean_gap) {
    to_end = mean_gap / 2;
  }
  return growth * ((sampled + to_start + to_end) / sampled);
}

Line FitLine(std::span<const model::Timestamp> times, std::span<const double> values,
             model::Timestamp zero) {
  CompensatedSum x_sum;
  CompensatedSum y_sum;
  CompensatedSum xy_sum;
  CompensatedSum xx_sum;
  bool constant = true;
  for (size_t i = 0; i < values.size(); ++i) {
    const double x = Seconds(times[i] - zero);
    const double y = values[i];
    constant = constant && y == values[0];
    x_sum.Add(x);
    y_sum.Add(y);
    xy_sum.Add(x * y);
    xx_sum.Add(x * x);
  }
  if (constant) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    return std::isinf(values[0]) ? Line{nan, nan} : Line{0, values[0]};
  }
  const auto n = static_cast<double>(values.size());
  const double x_total = x_sum.Value();
  const double y_total = y_sum.Value();
  const double covariance = xy_sum.Value() - x_total * y_total / n;
  const double variance = xx_sum.Value() - x_total * x_total / n;
  const double slope = covariance / variance;
  return {slope, y_total / n - slope * x_total / n};
}

}  // namespace tidemark::query
