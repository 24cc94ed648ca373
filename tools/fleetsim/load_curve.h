// LoadCurve: how busy a cluster is, as a factor around one: a day's wave with two faster ones on
// top, with the cluster's own phases. Its integral has a closed form. Immutable, thread-safe.
#pragma once

#include <cmath>
#include <cstdint>
#include <iterator>
#include <numbers>

#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {

class LoadCurve {
 public:
  explicit LoadCurve(uint64_t key) {
    for (size_t i = 0; i < kWaves; ++i) {
      phases_[i] = 2 * std::numbers::pi * Unit(Key(key, i));
    }
  }

  double At(int64_t t_ms) const {
    double load = 1;
    for (size_t i = 0; i < kWaves; ++i) {
      load += kAmplitudes[i] * std::sin(Angle(i, t_ms));
    }
    return load;
  }

  // Load-weighted seconds in [begin, end).
  double Integral(int64_t begin_ms, int64_t end_ms) const {
    return end_ms <= begin_ms ? 0 : Antiderivative(end_ms) - Antiderivative(begin_ms);
  }

 private:
  static constexpr size_t kWaves = 3;
  static constexpr double kAmplitudes[kWaves] = {0.4, 0.2, 0.15};   // together below one
  static constexpr double kPeriods[kWaves] = {86'400, 2'711, 307};  // seconds
  static constexpr int64_t kOriginMs = 1'767'225'600'000;           // 2026-01-01

  static double Seconds(int64_t t_ms) { return static_cast<double>(t_ms - kOriginMs) / 1000; }
  double Angle(size_t i, int64_t t_ms) const {
    return 2 * std::numbers::pi / kPeriods[i] * Seconds(t_ms) + phases_[i];
  }
  double Antiderivative(int64_t t_ms) const {
    double sum = Seconds(t_ms);
    for (size_t i = 0; i < kWaves; ++i) {
      sum -= kAmplitudes[i] * kPeriods[i] / (2 * std::numbers::pi) * std::cos(Angle(i, t_ms));
    }
    return sum;
  }

  double phases_[kWaves];
};

}  // namespace tidemark::fleetsim
