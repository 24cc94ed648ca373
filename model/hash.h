// Hash128 of label bytes, seeded at start so that a sender cannot aim for collisions.
#pragma once

#include <cstdint>
#include <string_view>

#define XXH_INLINE_ALL
#include "xxhash.h"

namespace tidemark::model {

struct Hash128 {
  uint64_t low = 0;
  uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

inline Hash128 HashBytes(std::string_view bytes, uint64_t seed) {
  const XXH128_hash_t h = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return {h.low64, h.high64};
}

}  // namespace tidemark::model
