#include "tools/fleetsim/deck.h"

#include <cmath>
#include <numbers>

#include "tools/fleetsim/random.h"

namespace tidemark::fleetsim {
namespace {

// A draw from the standard normal distribution (Box and Muller).
double Normal(uint64_t key) {
  const double radius = std::sqrt(-2 * std::log(1 - Unit(Key(key, 1))));
  return radius * std::cos(2 * std::numbers::pi * Unit(Key(key, 2)));
}

double Draw(const DeckShape& shape, uint64_t key) {
  const double value = shape.median * std::exp(shape.sigma * Normal(key));
  return shape.integers ? std::max(1.0, std::round(value)) : std::round(value * 1e9) / 1e9;
}

}  // namespace

Deck::Deck(const DeckShape& shape, uint64_t seed)
    : bounds_(shape.bounds), integers_(shape.integers), prefix_((kSize + 1) * shape.bounds.size()) {
  const size_t width = bounds_.size();
  for (uint64_t i = 0; i < kSize; ++i) {
    const double value = Draw(shape, Key(seed, i));
    for (size_t b = 0; b < width; ++b) {
      const int hit = value <= bounds_[b] ? 1 : 0;
      prefix_[(i + 1) * width + b] = static_cast<uint8_t>(prefix_[i * width + b] + hit);
    }
    sum_[i + 1] = sum_[i] + value;
  }
}

}  // namespace tidemark::fleetsim
