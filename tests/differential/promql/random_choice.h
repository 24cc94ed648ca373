// RandomChoice draws from lists and ranges; the same seed gives the same draws on every platform.
// Thread-compatible.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace tidemark::differential {

class RandomChoice {
 public:
  explicit RandomChoice(uint64_t seed) : bits_(seed) {}

  // From [0, n). REQUIRES: n > 0.
  uint64_t Below(uint64_t n) { return bits_() % n; }
  // From [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }
  // True `percent` times in a hundred.
  bool Chance(uint64_t percent) { return Below(100) < percent; }

  template <typename... Text>
  std::string OneOf(Text... texts) {
    const std::string_view all[] = {texts...};
    return std::string(all[Below(sizeof...(texts))]);
  }

 private:
  std::mt19937_64 bits_;
};

}  // namespace tidemark::differential
