// ValueNumbers: a column of doubles as whole numbers, where one rule makes the doubles of them.
//
//   kInteger   v = n * 2^scale          counters, sizes, timestamps of a TSO
//   kDecimal   v = n / 10^scale         percentages, seconds with a few digits
//   kBits      bits of v = n * 2^scale  everything else
//
// Values that the rule does not give bit by bit (NaN, infinities, -0, a stray fraction) are
// special: they are kept beside the numbers, where the number before is repeated in their place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tidemark::storage::internal {

enum class Rule : uint8_t { kInteger = 0, kDecimal = 1, kBits = 2 };
inline constexpr uint8_t kLastRule = 2;
inline constexpr unsigned kMaxBinaryScale = 63;
inline constexpr unsigned kMaxDecimalScale = 15;

struct ValueNumbers {
  Rule rule = Rule::kBits;
  uint8_t scale = 0;
  std::vector<int64_t> numbers;  // one for each value
  std::vector<size_t> specials;  // indices, ascending
};

// The numbers of `values` under the first rule that leaves few specials.
ValueNumbers ToNumbers(std::span<const double> values);

// Whether a column may name `rule` with `scale`.
bool IsRule(uint8_t rule, uint8_t scale);

// Makes values of numbers. REQUIRES: IsRule, as many values as numbers.
void ToValues(Rule rule, uint8_t scale, std::span<const int64_t> numbers, std::span<double> values);

}  // namespace tidemark::storage::internal
