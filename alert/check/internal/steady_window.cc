#include "alert/check/internal/steady_window.h"

#include <algorithm>
#include <cmath>

#include "query/engine/extrapolation.h"

namespace tidemark::alert {
namespace {

double GrowthOf(std::span<const double> values) {
  double growth = values.back() - values.front();
  for (size_t i = 1; i < values.size(); ++i) {
    growth += values[i] < values[i - 1] ? values[i - 1] : 0;
  }
  return growth;
}

// Whether the counter would be extended to before it was zero, or nearly so.
bool ReachesZero(std::span<const double> values, double sampled_ms, double to_start_ms) {
  constexpr double kDoubt = 1 - 1e-9;
  const double growth = GrowthOf(values);
  return growth > 0 && values.front() >= 0 &&
         sampled_ms * values.front() * kDoubt < to_start_ms * growth;
}

}  // namespace

std::optional<model::Timestamp> SteadyUntil(const WindowSamples& samples, model::Timestamp begin,
                                            model::Timestamp end, bool counter) {
  if (samples.times.size() < 2) {
    return model::kMaxTimestamp;
  }
  const model::Timestamp first = samples.times.front();
  const model::Timestamp last = samples.times.back();
  const auto sampled = static_cast<double>(last - first);
  const auto intervals = static_cast<double>(samples.times.size() - 1);
  const auto to_start = static_cast<double>(first - begin);
  if (counter && ReachesZero(samples.values, sampled, to_start)) {
    return std::nullopt;
  }
  const bool gap = query::IsGap(static_cast<double>(end - last), sampled, intervals);
  if (gap != query::IsGap(to_start, sampled, intervals)) {
    return std::nullopt;
  }
  const auto limit = static_cast<int64_t>(std::floor(query::kGapFactor * sampled / intervals));
  const model::Timestamp until = gap ? first - begin + end - limit - 1 : last + limit;
  return std::max(until, end + 1);
}

}  // namespace tidemark::alert
