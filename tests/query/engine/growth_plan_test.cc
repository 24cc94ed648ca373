#include "query/engine/growth_plan.h"

#include <bit>
#include <optional>
#include <random>

#include <gtest/gtest.h>

namespace tidemark::query {
namespace {

using model::Timestamp;

WindowGrid Windows(int64_t step_ms, int64_t range_ms, size_t steps) {
  WindowGrid windows;
  windows.steps = {.start = 1'000'000, .step_ms = step_ms, .count = steps};
  windows.range_ms = range_ms;
  return windows;
}

// Times around the windows: regular, with gaps, or with each sample somewhere around its time.
std::vector<Timestamp> Times(std::mt19937_64* random, const WindowGrid& windows) {
  const uint64_t kind = (*random)() % 3;
  std::vector<Timestamp> times;
  Timestamp t = windows.min_time() - 100'000 + static_cast<Timestamp>((*random)() % 15'000);
  for (; t < windows.max_time() + 50'000; t += 15'000) {
    if (kind != 1 || (*random)() % 10 != 0) {
      times.push_back(t + (kind == 2 ? static_cast<Timestamp>((*random)() % 5000) : 0));
    }
  }
  return times;
}

// What grew in the window of one step, looked at alone.
std::optional<double> GrowthAt(const WindowGrid& windows, size_t step,
                               const std::vector<Timestamp>& times,
                               const std::vector<double>& values, bool counter) {
  SampledWindow window{.begin = windows.Begin(step), .end = windows.End(step)};
  double last = 0;
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i] > windows.TooOld(step) && times[i] <= window.end) {
      if (window.count++ == 0) {
        window.first_time = times[i];
        window.first_value = values[i];
      }
      window.last_time = times[i];
      last = values[i];
    }
  }
  if (window.count < 2) {
    return std::nullopt;
  }
  return Extrapolate(window, last - window.first_value, counter);
}

template <bool counter>
void ExpectAsOneByOne(uint64_t seed) {
  std::mt19937_64 random(seed);
  const WindowGrid windows =
      Windows(1000 * static_cast<int64_t>(1 + random() % 60),
              1000 * static_cast<int64_t>(1 + random() % 300), 1 + random() % 200);
  const std::vector<Timestamp> times = Times(&random, windows);
  const GrowthPlan plan(times, windows);
  std::vector<double> values;
  double v = static_cast<double>(random() % 30);  // near zero, where counters begin
  for (size_t i = 0; i < times.size(); ++i) {
    values.push_back(v);
    v += static_cast<double>(random() % 100) / 7 - (counter ? 0 : 5);
  }
  std::vector<double> grown(windows.steps.count);
  std::vector<uint64_t> present(PresenceWords(windows.steps.count), 0);
  const Row row{{}, grown.data(), present.data()};
  plan.Apply<counter>(values, 60, row);
  for (size_t step = 0; step < windows.steps.count; ++step) {
    const auto expected = GrowthAt(windows, step, times, values, counter);
    ASSERT_EQ(row.Has(step), expected.has_value()) << "seed " << seed << " step " << step;
    if (expected) {
      ASSERT_EQ(std::bit_cast<uint64_t>(grown[step]), std::bit_cast<uint64_t>(*expected / 60))
          << "seed " << seed << " step " << step;
    }
  }
}

TEST(GrowthPlan, GivesWhatEachWindowAloneGives) {
  const uint64_t seed = std::random_device()();
  for (uint64_t i = 0; i < 200; ++i) {
    ExpectAsOneByOne<true>(seed + i);
    ExpectAsOneByOne<false>(seed + i);
  }
}

TEST(GrowthPlan, CountsTheSamplesOfAllWindows) {
  const WindowGrid windows = Windows(15'000, 30'000, 3);
  const std::vector<Timestamp> times = {985'000, 1'000'000, 1'015'000};
  EXPECT_EQ(GrowthPlan(times, windows).samples(), 5u);  // 2, 2 and 1
}

TEST(GrowthPlans, MakesOneForEqualTimes) {
  const WindowGrid windows = Windows(15'000, 60'000, 100);
  GrowthPlans plans;
  const std::vector<Timestamp> times = {1'000'000, 1'015'000};
  const std::vector<Timestamp> others = {1'000'001, 1'015'000};
  const auto plan = plans.Of(times, windows);
  EXPECT_EQ(plans.Of(std::vector<Timestamp>(times), windows), plan);
  EXPECT_NE(plans.Of(others, windows), plan);
  EXPECT_NE(plans.Of(std::span(times).first(1), windows), plan);
  EXPECT_EQ(plans.Of(times, windows), plan);
}

}  // namespace
}  // namespace tidemark::query
