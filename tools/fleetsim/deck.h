// Deck: a distribution of observed values, dealt like a deck of cards.
//
// A deck holds kSize values drawn once. Event n observes value n mod kSize, so what a histogram
// shows after n events, every bucket and the sum, is a table look-up. Each event falls into exactly
// one bucket: the counts of any two moments differ by a histogram that is itself consistent.
// Immutable after construction, hence thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace tidemark::fleetsim {

// A log-normal distribution, cut into buckets with the given upper bounds.
struct DeckShape {
  std::span<const double> bounds;  // ascending, without +Inf; must outlive the deck
  double median = 1;
  double sigma = 0.5;     // of the logarithm
  bool integers = false;  // counts and bytes are whole; seconds have nanoseconds
};

class Deck {
 public:
  static constexpr uint64_t kSize = 128;

  Deck(const DeckShape& shape, uint64_t seed);

  std::span<const double> bounds() const { return bounds_; }
  bool integers() const { return integers_; }

  // How many of the first `n` events lie at or below bounds()[bucket]. `first` rotates the deck.
  uint64_t CountAtMost(uint64_t n, uint64_t first, size_t bucket) const {
    return Dealt(n + first, bucket) - Dealt(first, bucket);
  }
  double Sum(uint64_t n, uint64_t first) const { return Summed(n + first) - Summed(first); }

 private:
  uint64_t Dealt(uint64_t n, size_t bucket) const {
    return n / kSize * prefix_[kSize * bounds_.size() + bucket] +
           prefix_[n % kSize * bounds_.size() + bucket];
  }
  double Summed(uint64_t n) const {
    const uint64_t rounds = n / kSize;
    return static_cast<double>(rounds) * sum_[kSize] + sum_[n % kSize];
  }

  std::span<const double> bounds_;
  bool integers_;
  // prefix_[i * bounds + b]: values at or below bound b among the first i; sum_[i]: their sum.
  std::vector<uint8_t> prefix_;
  std::array<double, kSize + 1> sum_{};
};

}  // namespace tidemark::fleetsim
