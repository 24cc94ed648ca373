#include "query/engine/extrapolation.h"

#include <cmath>
#include <limits>

#include "query/engine/compensated.h"

namespace tidemark::query {
namespace {

double Seconds(int64_t ms) { return static_cast<double>(ms) / 1000; }

double StopAtZero(const SampledWindow& window, double growth, double sampled, double to_start) {
  return CrossesZero(window.first_value, growth, sampled, to_start)
             ? sampled * (window.first_value / growth)
             : to_start;
}

}  // namespace

bool IsGapExactly(double gap_ms, double sampled_ms, double intervals) {
  return gap_ms / 1000 >= kGapFactor * (sampled_ms / 1000 / intervals);
}

double Extrapolate(const SampledWindow& window, double growth, bool counter) {
  const auto sampled = static_cast<double>(window.last_time - window.first_time);
  auto to_start = static_cast<double>(window.first_time - window.begin);
  if (counter && window.as_prometheus_2) {
    to_start = StopAtZero(window, growth, sampled, to_start);
  }
  Extension extension = ExtensionOf(window, to_start);
  if (counter) {
    extension.to_start = StopAtZero(window, growth, sampled, extension.to_start);
  }
  return growth * extension.Factor();
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
