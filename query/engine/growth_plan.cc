#include "query/engine/growth_plan.h"

#include <algorithm>

namespace tidemark::query {

using model::Timestamp;

GrowthPlan::GrowthPlan(std::span<const Timestamp> times, const WindowGrid& windows)
    : times_(times.begin(), times.end()),
      windows_(windows),
      present_(PresenceWords(windows.steps.count), 0) {
  uint32_t first = 0;
  uint32_t behind = 0;
  WindowCursor window(windows_);
  for (uint32_t step = 0; step < windows_.steps.count; ++step, window.Advance()) {
    while (behind < times_.size() && times_[behind] <= window.end()) {
      ++behind;
    }
    while (first < behind && times_[first] <= window.too_old()) {
      ++first;
    }
    samples_ += behind - first;
    if (behind - first >= 2) {
      AddWindow(step, first, behind - 1);
    }
  }
}

SampledWindow GrowthPlan::WindowOf(uint32_t step, uint32_t first, uint32_t last) const {
  SampledWindow window;
  window.begin = windows_.Begin(step);
  window.end = windows_.End(step);
  window.first_time = times_[first];
  window.last_time = times_[last];
  window.count = last - first + 1;
  return window;
}

void GrowthPlan::AddWindow(uint32_t step, uint32_t first, uint32_t last) {
  present_[step / 64] |= uint64_t{1} << (step % 64);
  const SampledWindow window = WindowOf(step, first, last);
  if (!runs_.empty()) {
    Run& run = runs_.back();
    if (step == run.step + run.steps && first == run.first + run.steps && AreAlike(last_, window)) {
      ++run.steps;
      last_ = window;
      return;
    }
  }
  last_ = window;
  const Extension extension =
      ExtensionOf(window, static_cast<double>(window.first_time - window.begin));
  runs_.push_back({step, 1, first, last, extension, extension.Factor()});
}

bool GrowthPlan::IsFor(std::span<const Timestamp> times) const {
  return std::equal(times.begin(), times.end(), times_.begin(), times_.end());
}

template <bool counter>
void GrowthPlan::Apply(std::span<const double> values, double divisor, const Row& out) const {
  std::copy(present_.begin(), present_.end(), out.present);
  for (const Run& run : runs_) {
    const double* const first = values.data() + run.first;
    const double* const last = values.data() + run.last;
    double* const to = out.values + run.step;
    const double sampled = run.extension.sampled;
    const double to_start = run.extension.to_start;
    const double factor = run.factor;
    uint64_t crossings = 0;
    for (size_t i = 0; i < run.steps; ++i) {
      const double growth = last[i] - first[i];
      to[i] = growth * factor / divisor;
      if constexpr (counter) {
        crossings |= static_cast<uint64_t>(CrossesZero(first[i], growth, sampled, to_start));
      }
    }
    if (crossings != 0) [[unlikely]] {
      ApplyOneByOne(run, values, divisor, out);
    }
  }
}

template void GrowthPlan::Apply<true>(std::span<const double>, double, const Row&) const;
template void GrowthPlan::Apply<false>(std::span<const double>, double, const Row&) const;

void GrowthPlan::ApplyOneByOne(const Run& run, std::span<const double> values, double divisor,
                               const Row& out) const {
  for (uint32_t i = 0; i < run.steps; ++i) {
    SampledWindow window = WindowOf(run.step + i, run.first + i, run.last + i);
    window.first_value = values[run.first + i];
    const double growth = values[run.last + i] - window.first_value;
    out.values[run.step + i] = Extrapolate(window, growth, /*counter=*/true) / divisor;
  }
}

std::shared_ptr<const GrowthPlan> GrowthPlans::Of(std::span<const Timestamp> times,
                                                  const WindowGrid& windows) {
  {
    base::MutexLock lock(&mu_);
    const auto found = std::find_if(plans_.rbegin(), plans_.rend(),
                                    [times](const auto& plan) { return plan->IsFor(times); });
    if (found != plans_.rend()) {
      return *found;
    }
  }
  auto plan = std::make_shared<const GrowthPlan>(times, windows);
  base::MutexLock lock(&mu_);
  if (plans_.size() == kMostKept) {
    plans_.erase(plans_.begin());
  }
  plans_.push_back(plan);
  return plan;
}

}  // namespace tidemark::query
