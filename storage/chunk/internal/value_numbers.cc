#include "storage/chunk/internal/value_numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

#include "model/sample.h"

namespace tidemark::storage::internal {
namespace {

using model::SameBits;

constexpr std::array<double, kMaxDecimalScale + 1> kPowersOfTen = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

// Numbers up to this are whole and exact as doubles, and so may a decimal's be.
constexpr double kMaxDecimal = 9007199254740992.0;
// Beyond this a double does not fit an int64_t.
constexpr double kMaxInteger = 9223372036854774784.0;

size_t MaxSpecials(size_t count) { return count / 16 + 1; }

double FromDecimal(int64_t n, unsigned scale) {
  return static_cast<double>(n) / kPowersOfTen[scale];
}

bool ToInteger(double v, int64_t* n) {
  if (!(std::fabs(v) <= kMaxInteger)) {
    return false;
  }
  *n = static_cast<int64_t>(v);
  return SameBits(static_cast<double>(*n), v);
}

bool ToDecimal(double v, unsigned scale, int64_t* n) {
  const double scaled = v * kPowersOfTen[scale];
  if (!(std::fabs(scaled) <= kMaxDecimal)) {
    return false;
  }
  *n = std::llrint(scaled);
  return SameBits(FromDecimal(*n, scale), v);
}

// The numbers that `convert` gives, unless it refuses too many.
template <typename Convert>
std::optional<ValueNumbers> Take(std::span<const double> values, Rule rule, Convert convert) {
  ValueNumbers taken{rule, 0, std::vector<int64_t>(values.size()), {}};
  const size_t max_specials = MaxSpecials(values.size());
  int64_t before = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    int64_t n = 0;
    if (convert(values[i], &n)) {
      before = n;
    } else if (taken.specials.size() < max_specials) {
      taken.specials.push_back(i);
    } else {
      return std::nullopt;
    }
    taken.numbers[i] = before;
  }
  return taken;
}

// Divides the numbers by the largest power of two that divides them all.
void TakeOutPowerOfTwo(ValueNumbers* taken) {
  uint64_t any = 0;
  for (const int64_t n : taken->numbers) {
    any |= static_cast<uint64_t>(n);
  }
  if (any == 0) {
    return;
  }
  taken->scale = static_cast<uint8_t>(std::countr_zero(any));
  for (int64_t& n : taken->numbers) {
    n >>= taken->scale;
  }
}

// Nanoseconds. Values that need more digits are rarely decimals, and smaller as bits.
constexpr unsigned kMaxGuessedScale = 9;

// The least scale at which most of a few values are decimals; 0 if there is none.
unsigned GuessDecimalScale(std::span<const double> values) {
  constexpr size_t kProbes = 16;
  const size_t stride = std::max<size_t>(1, values.size() / kProbes);
  const size_t probes = (values.size() + stride - 1) / stride;
  for (unsigned scale = 1; scale <= kMaxGuessedScale; ++scale) {
    size_t fits = 0;
    for (size_t i = 0; i < values.size(); i += stride) {
      int64_t n = 0;
      fits += ToDecimal(values[i], scale, &n) ? 1 : 0;
    }
    if (fits + probes / 8 >= probes) {
      return scale;
    }
  }
  return 0;
}

std::optional<ValueNumbers> TakeDecimals(std::span<const double> values) {
  const unsigned scale = GuessDecimalScale(values);
  if (scale == 0) {
    return std::nullopt;
  }
  auto taken = Take(values, Rule::kDecimal,
                    [scale](double v, int64_t* n) { return ToDecimal(v, scale, n); });
  if (taken) {
    taken->scale = static_cast<uint8_t>(scale);
  }
  return taken;
}

ValueNumbers TakeBits(std::span<const double> values) {
  return *Take(values, Rule::kBits, [](double v, int64_t* n) {
    *n = std::bit_cast<int64_t>(v);
    return true;
  });
}

// Whether doubles of this size have a bit for every whole number, and two to spare.
bool AreSmall(std::span<const int64_t> numbers) {
  uint64_t any = 0;
  for (const int64_t n : numbers) {
    any |= static_cast<uint64_t>(n) + (1ULL << 51);
  }
  return any < 1ULL << 52;
}

// The double of a small number: its bits go into the fraction of 1.5 * 2^52, where the unit of the
// last place is 1. Unlike a conversion this is done for several numbers at once.
double FromSmall(uint64_t n) {
  constexpr double kShift = 0x1.8p52;
  return std::bit_cast<double>(n + std::bit_cast<uint64_t>(kShift)) - kShift;
}

// Calls `put` with the double of each number * 2^scale.
template <typename Put>
void ForEachDouble(unsigned scale, std::span<const int64_t> numbers, Put put) {
  if (scale == 0 && AreSmall(numbers)) {
    for (size_t i = 0; i < numbers.size(); ++i) {
      put(i, FromSmall(static_cast<uint64_t>(numbers[i])));
    }
    return;
  }
  for (size_t i = 0; i < numbers.size(); ++i) {
    const uint64_t n = static_cast<uint64_t>(numbers[i]) << scale;
    put(i, static_cast<double>(static_cast<int64_t>(n)));
  }
}

void FromIntegers(unsigned scale, std::span<const int64_t> numbers, std::span<double> values) {
  ForEachDouble(scale, numbers, [values](size_t i, double v) { values[i] = v; });
}

void FromDecimals(unsigned scale, std::span<const int64_t> numbers, std::span<double> values) {
  const double power = kPowersOfTen[scale];
  ForEachDouble(0, numbers, [values, power](size_t i, double n) { values[i] = n / power; });
}

void FromBits(unsigned scale, std::span<const int64_t> numbers, std::span<double> values) {
  for (size_t i = 0; i < numbers.size(); ++i) {
    values[i] = std::bit_cast<double>(static_cast<uint64_t>(numbers[i]) << scale);
  }
}

}  // namespace

ValueNumbers ToNumbers(std::span<const double> values) {
  if (auto integers = Take(values, Rule::kInteger, ToInteger)) {
    TakeOutPowerOfTwo(&*integers);
    return *std::move(integers);
  }
  if (auto decimals = TakeDecimals(values)) {
    return *std::move(decimals);
  }
  ValueNumbers bits = TakeBits(values);
  TakeOutPowerOfTwo(&bits);
  return bits;
}

bool IsRule(uint8_t rule, uint8_t scale) {
  const unsigned max_scale =
      rule == static_cast<uint8_t>(Rule::kDecimal) ? kMaxDecimalScale : kMaxBinaryScale;
  return rule <= kLastRule && scale <= max_scale;
}

void ToValues(Rule rule, uint8_t scale, std::span<const int64_t> numbers,
              std::span<double> values) {
  switch (rule) {
    case Rule::kInteger:
      return FromIntegers(scale, numbers, values);
    case Rule::kDecimal:
      return FromDecimals(scale, numbers, values);
    case Rule::kBits:
      return FromBits(scale, numbers, values);
  }
}

}  // namespace tidemark::storage::internal
