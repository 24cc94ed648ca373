// The random source of the fleet model: a hash instead of a generator with state.
//
// Every number of the model is a pure function of the seed and of what is asked (which cluster,
// which store, which event), so any moment can be evaluated without walking there, and the same
// question has the same answer in any order, thread or process. Mix is the finaliser of SplitMix64
// (Steele, Lea, Flood 2014); Key folds the parts of a question into one number with it.
#pragma once

#include <cstdint>

namespace tidemark::fleetsim {

inline uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

template <typename... Parts>
uint64_t Key(uint64_t seed, Parts... parts) {
  ((seed = Mix(seed ^ static_cast<uint64_t>(parts))), ...);
  return seed;
}

// From a hash to [0, 1).
inline double Unit(uint64_t hash) { return static_cast<double>(hash >> 11) * 0x1.0p-53; }

// From a hash to [low, high).
inline double Between(uint64_t hash, double low, double high) {
  return low + (high - low) * Unit(hash);
}

}  // namespace tidemark::fleetsim
