#include "tests/storage/chunk/column_shapes.h"

#include <array>
#include <bit>
#include <cmath>
#include <limits>

namespace tidemark::testing {
namespace {

using model::Timestamp;
using Random = std::mt19937_64;
using Values = std::vector<double>;
using Times = std::vector<Timestamp>;

// Below `bound`.
uint64_t Below(uint64_t bound, Random* random) { return (*random)() % bound; }
bool OneIn(uint64_t n, Random* random) { return Below(n, random) == 0; }

// Calls `next` for each value.
template <typename Next>
Values Generate(size_t count, Next next) {
  Values values(count);
  for (double& v : values) {
    v = next();
  }
  return values;
}

// A counter that grows by `grow()` at each step and starts anew now and then.
template <typename Grow>
Values Counter(size_t count, Random* random, Grow grow) {
  double v = static_cast<double>(Below(1'000'000, random));
  return Generate(count, [&] {
    v = OneIn(1'000, random) ? 0 : v + grow();
    return v;
  });
}

Values Constant(size_t count, Random* random) {
  return Values(count, static_cast<double>(Below(100, random)));
}

Values Rare(size_t count, Random* random) {
  return Counter(count, random, [=] { return OneIn(200, random) ? 1.0 : 0.0; });
}

Values SlowCounter(size_t count, Random* random) {
  return Counter(count, random, [=] { return static_cast<double>(Below(4, random)); });
}

Values SteadyCounter(size_t count, Random* random) {
  return Counter(count, random, [=] { return static_cast<double>(5'000 + Below(60, random)); });
}

Values WildCounter(size_t count, Random* random) {
  return Counter(count, random, [=] {
    return std::floor(std::exp2(static_cast<double>(Below(3'000, random)) / 100));
  });
}

Values BurstCounter(size_t count, Random* random) {
  return Counter(count, random,
                 [=] { return OneIn(10, random) ? static_cast<double>(Below(500, random)) : 0.0; });
}

Values IntegerGauge(size_t count, Random* random) {
  return Generate(count, [=] { return static_cast<double>(Below(5'000, random)) - 2'500; });
}

Values DecimalGauge(size_t count, Random* random) {
  return Generate(count, [=] { return static_cast<double>(Below(100'000, random)) / 1'000; });
}

Values DecimalCounter(size_t count, Random* random) {
  uint64_t hundredths = Below(1'000'000, random);
  return Generate(count, [=]() mutable {
    hundredths += Below(1'500, random);
    return static_cast<double>(hundredths) / 100;
  });
}

// Decimals, with a value now and then that is none.
Values DecimalWithOutliers(size_t count, Random* random) {
  return Generate(count, [=] {
    return OneIn(40, random) ? std::bit_cast<double>((*random)())
                             : static_cast<double>(Below(1'000, random)) / 10;
  });
}

// A TSO: milliseconds << 18 and a logical part; beyond 2^53 and rounded to a double.
Values Tso(size_t count, Random* random) {
  uint64_t ms = 1'750'000'000'000 + Below(1'000'000'000, random);
  return Generate(count, [=]() mutable {
    ms += OneIn(10, random) ? Below(200'000, random) : 0;
    return static_cast<double>((ms << 18) + Below(1 << 18, random));
  });
}

Values FloatSum(size_t count, Random* random) {
  double v = 0;
  return Generate(count, [=]() mutable {
    v += static_cast<double>(Below(1'000'000, random)) * 1.1e-7;
    return v;
  });
}

Values FloatSumWithPauses(size_t count, Random* random) {
  double v = 0;
  return Generate(count, [=]() mutable {
    v += OneIn(10, random) ? static_cast<double>(Below(1'000'000, random)) * 1.1e-7 : 0.0;
    return v;
  });
}

Values StaleEnds(size_t count, Random* random) {
  Values values = SteadyCounter(count, random);
  for (double& v : values) {
    v = OneIn(100, random) ? model::StaleMarker() : v;
  }
  return values;
}

Values Specials(size_t count, Random* random) {
  using Limits = std::numeric_limits<double>;
  const std::array<double, 16> specials = {0.0,
                                           -0.0,
                                           Limits::infinity(),
                                           -Limits::infinity(),
                                           Limits::denorm_min(),
                                           Limits::max(),
                                           Limits::lowest(),
                                           Limits::quiet_NaN(),
                                           model::StaleMarker(),
                                           std::bit_cast<double>(model::kNormalNanBits),
                                           std::bit_cast<double>(uint64_t{0xfff0deadbeef0001}),
                                           9007199254740992.0,
                                           -9007199254740993.0,
                                           9223372036854775808.0,
                                           -9223372036854775808.0,
                                           18446744073709551616.0};
  return Generate(count, [=] { return specials[Below(specials.size(), random)]; });
}

Values SmallIntegersAndSpecials(size_t count, Random* random) {
  const Values specials = Specials(count, random);
  Values values = IntegerGauge(count, random);
  for (size_t i = 0; i < count; ++i) {
    values[i] = OneIn(30, random) ? specials[i] : values[i];
  }
  return values;
}

Values HugeIntegers(size_t count, Random* random) {
  return Generate(count, [=] {
    return static_cast<double>(static_cast<int64_t>((*random)()) >> Below(64, random));
  });
}

Values AnyBits(size_t count, Random* random) {
  return Generate(count, [=] { return std::bit_cast<double>((*random)()); });
}

constexpr std::array kValueShapes = {
    ValueShape{"constant", Constant},
    ValueShape{"rare", Rare},
    ValueShape{"slow_counter", SlowCounter},
    ValueShape{"steady_counter", SteadyCounter},
    ValueShape{"wild_counter", WildCounter},
    ValueShape{"burst_counter", BurstCounter},
    ValueShape{"integer_gauge", IntegerGauge},
    ValueShape{"decimal_gauge", DecimalGauge},
    ValueShape{"decimal_counter", DecimalCounter},
    ValueShape{"decimal_outliers", DecimalWithOutliers},
    ValueShape{"tso", Tso},
    ValueShape{"float_sum", FloatSum},
    ValueShape{"float_sum_pauses", FloatSumWithPauses},
    ValueShape{"stale_ends", StaleEnds},
    ValueShape{"specials", Specials},
    ValueShape{"integers_and_specials", SmallIntegersAndSpecials},
    ValueShape{"huge_integers", HugeIntegers},
    ValueShape{"any_bits", AnyBits},
};

// Times from a random start in the first 15 s of a bucket, `next()` after each other.
template <typename Next>
Times Ascend(size_t count, Random* random, Next next) {
  Times times(count);
  Timestamp t = 81'000 * 21'600'000LL + static_cast<Timestamp>(Below(15'000, random));
  for (Timestamp& time : times) {
    time = t;
    t += static_cast<Timestamp>(next());
  }
  return times;
}

Times ConstantStep(size_t count, Random* random) {
  return Ascend(count, random, [] { return 14'985; });
}

Times MissedScrapes(size_t count, Random* random) {
  return Ascend(count, random, [=] { return OneIn(200, random) ? 10'000 : 5'000; });
}

Times Jitter(size_t count, Random* random) {
  return Ascend(count, random, [=] { return 14'900 + Below(20, random); });
}

Times RareJitter(size_t count, Random* random) {
  return Ascend(count, random,
                [=] { return 14'900 + (OneIn(20, random) ? Below(50, random) : 0); });
}

// Scrapes that come late by a little, while the schedule stands.
Times JitterAroundSchedule(size_t count, Random* random) {
  Times times = Ascend(count, random, [] { return 14'900; });
  for (Timestamp& t : times) {
    t += static_cast<Timestamp>(Below(10, random));
  }
  return times;
}

Times AnyStep(size_t count, Random* random) {
  return Ascend(count, random, [=] { return 1 + Below(14'900, random); });
}

constexpr std::array kTimeShapes = {
    TimeShape{"constant_step", ConstantStep},
    TimeShape{"missed_scrapes", MissedScrapes},
    TimeShape{"jitter", Jitter},
    TimeShape{"rare_jitter", RareJitter},
    TimeShape{"schedule", JitterAroundSchedule},
    TimeShape{"any_step", AnyStep},
};

}  // namespace

std::span<const ValueShape> ValueShapes() { return kValueShapes; }
std::span<const TimeShape> TimeShapes() { return kTimeShapes; }

}  // namespace tidemark::testing
