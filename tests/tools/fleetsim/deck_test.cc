#include "tools/fleetsim/deck.h"

#include <cmath>

#include <gtest/gtest.h>

namespace tidemark::fleetsim {
namespace {

constexpr double kBounds[] = {1, 2, 4, 8};

// Count in each bucket of its own, the last one beyond all bounds.
std::vector<uint64_t> Buckets(const Deck& deck, uint64_t n, uint64_t first) {
  std::vector<uint64_t> counts;
  uint64_t below = 0;
  for (size_t b = 0; b < deck.bounds().size(); ++b) {
    const uint64_t at_most = deck.CountAtMost(n, first, b);
    counts.push_back(at_most - below);
    below = at_most;
  }
  counts.push_back(n - below);
  return counts;
}

TEST(Deck, PutsEveryEventIntoExactlyOneBucket) {
  const Deck deck({kBounds, 3, 1.0, false}, 7);
  const uint64_t first = 41;
  std::vector<uint64_t> before = Buckets(deck, 0, first);
  for (uint64_t n = 1; n <= 3 * Deck::kSize; ++n) {
    const std::vector<uint64_t> now = Buckets(deck, n, first);
    uint64_t grown = 0;
    for (size_t b = 0; b < now.size(); ++b) {
      ASSERT_GE(now[b], before[b]) << "event " << n << " bucket " << b;
      grown += now[b] - before[b];
    }
    ASSERT_EQ(grown, 1u) << "event " << n;
    before = now;
  }
}

TEST(Deck, SumGrowsByAValueOfTheBucketThatGrew) {
  const Deck deck({kBounds, 3, 1.0, true}, 8);
  for (uint64_t n = 0; n < 2 * Deck::kSize; ++n) {
    const double value = deck.Sum(n + 1, 0) - deck.Sum(n, 0);
    EXPECT_EQ(value, std::round(value));
    for (size_t b = 0; b < deck.bounds().size(); ++b) {
      const bool counted = deck.CountAtMost(n + 1, 0, b) > deck.CountAtMost(n, 0, b);
      EXPECT_EQ(counted, value <= kBounds[b]) << "event " << n << " value " << value;
    }
  }
}

TEST(Deck, IsCentredOnItsMedian) {
  const Deck deck({kBounds, 4, 0.8, false}, 9);
  const uint64_t below = deck.CountAtMost(Deck::kSize, 0, 2);
  EXPECT_NEAR(static_cast<double>(below), Deck::kSize / 2.0, Deck::kSize / 8.0);
}

}  // namespace
}  // namespace tidemark::fleetsim
