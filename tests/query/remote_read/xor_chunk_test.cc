// Chunks are unpacked with a plain reader of the format; that a real Prometheus reads them is
// tested by tests/differential/promql.
#include "query/remote_read/xor_chunk.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::query {
namespace {

class BitReader {
 public:
  explicit BitReader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Read(int count) {
    uint64_t bits = 0;
    for (; count > 0; --count, ++at_) {
      const auto byte = static_cast<unsigned char>(bytes_.at(at_ / 8));
      bits = bits << 1 | (byte >> (7 - at_ % 8) & 1);
    }
    return bits;
  }
  // Bits set before the first clear one, at most `most`.
  int Prefix(int most) {
    int ones = 0;
    while (ones < most && Read(1) == 1) {
      ++ones;
    }
    return ones;
  }
  uint64_t ReadVarint() {
    uint64_t v = 0;
    for (int shift = 0;; shift += 7) {
      const uint64_t byte = Read(8);
      v |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        return v;
      }
    }
  }

 private:
  std::string_view bytes_;
  size_t at_ = 0;
};

int64_t ReadChange(BitReader* bits) {
  constexpr int kBits[] = {0, 14, 17, 20, 64};
  const int count = kBits[bits->Prefix(4)];
  const uint64_t v = bits->Read(count);
  const bool negative = count > 0 && count < 64 && v > uint64_t{1} << (count - 1);
  return static_cast<int64_t>(negative ? v - (uint64_t{1} << count) : v);
}

class ValueReader {
 public:
  explicit ValueReader(uint64_t first) : value_(first) {}

  double Next(BitReader* bits) {
    if (bits->Read(1) == 1) {
      if (bits->Read(1) == 1) {
        leading_ = static_cast<int>(bits->Read(5));
        const int meaning = static_cast<int>(bits->Read(6));
        trailing_ = 64 - leading_ - (meaning == 0 ? 64 : meaning);
      }
      value_ ^= bits->Read(64 - leading_ - trailing_) << trailing_;
    }
    return std::bit_cast<double>(value_);
  }

 private:
  uint64_t value_;
  int leading_ = 0;
  int trailing_ = 0;
};

std::vector<model::Sample> Unpack(std::string_view chunk) {
  BitReader bits(chunk);
  const size_t count = bits.Read(16);
  const uint64_t zigzag = bits.ReadVarint();
  auto t = static_cast<int64_t>(zigzag >> 1 ^ (~(zigzag & 1) + 1));
  const uint64_t first = bits.Read(64);
  ValueReader values(first);
  std::vector<model::Sample> samples = {{t, std::bit_cast<double>(first)}};
  int64_t distance = 0;
  while (samples.size() < count) {
    distance = samples.size() == 1 ? static_cast<int64_t>(bits.ReadVarint())
                                   : distance + ReadChange(&bits);
    t += distance;
    samples.push_back({t, values.Next(&bits)});
  }
  return samples;
}

void ExpectRoundTrip(const std::vector<model::Sample>& samples) {
  std::vector<model::Timestamp> times;
  std::vector<double> values;
  for (const model::Sample& sample : samples) {
    times.push_back(sample.t);
    values.push_back(sample.v);
  }
  std::string chunk;
  AppendXorChunk(times, values, &chunk);
  const std::vector<model::Sample> unpacked = Unpack(chunk);
  ASSERT_EQ(unpacked.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(unpacked[i].t, samples[i].t) << i;
    EXPECT_EQ(model::ValueBits(unpacked[i].v), model::ValueBits(samples[i].v)) << i;
  }
}

TEST(XorChunk, KeepsOneSampleAndTwo) {
  ExpectRoundTrip({{1'700'000'000'000, 1.5}});
  ExpectRoundTrip({{-5, 0}, {1, -0.0}});
}

TEST(XorChunk, HasTheBytesOfTheFormat) {
  const std::vector<model::Timestamp> times = {1, 2, 3};
  const std::vector<double> values = {0, 0, 0};
  std::string chunk;
  AppendXorChunk(times, values, &chunk);
  // Count, zigzag 1, eight bytes of zero, distance 1, then 0 for the value, 0 and 0.
  EXPECT_EQ(chunk, std::string("\0\3\2\0\0\0\0\0\0\0\0\1\0", 13));
}

TEST(XorChunk, KeepsStaleMarkersAndWhatIsNotFinite) {
  const double inf = std::numeric_limits<double>::infinity();
  ExpectRoundTrip({{0, inf}, {10, -inf}, {20, model::StaleMarker()}, {30, std::nan("")}, {40, 1}});
}

TEST(XorChunk, KeepsChangesOfDistanceAtEveryWidth) {
  std::vector<model::Sample> samples;
  int64_t t = 0;
  int64_t distance = int64_t{1} << 40;
  for (const int64_t change : {0, 1, -1, 8191, 8192, 8193, -8191, -8192, 65536, 65537, -65535,
                               -65536, 524288, 524289, -524287, -524288, 100'000'000}) {
    distance += change;
    t += distance;
    samples.push_back({t, 1});
  }
  ExpectRoundTrip(samples);
}

TEST(XorChunk, KeepsRandomSamples) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    std::vector<model::Sample> samples;
    int64_t t = static_cast<int64_t>(random() % 1'000'000'000'000);
    for (size_t i = 0; i < kXorChunkSamples; ++i) {
      t += 1 + static_cast<int64_t>(random() >> (40 + random() % 24));
      const uint64_t bits = random() >> (random() % 64) << (random() % 64);
      samples.push_back({t, std::bit_cast<double>(bits)});
    }
    ExpectRoundTrip(samples);
  }
}

}  // namespace
}  // namespace tidemark::query
