#include "storage/head/sample_stream.h"

#include <cmath>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Sample;
using model::Timestamp;

std::string Encode(const std::vector<Sample>& samples) {
  std::string bytes(16 + samples.size() * kMaxStreamBytesPerSample, '\0');
  SampleEncoder encoder;
  char* out = bytes.data();
  for (size_t i = 0; i < samples.size(); ++i) {
    out = i == 0 ? encoder.Start(samples[i], out) : encoder.Append(samples[i], out);
  }
  bytes.resize(static_cast<size_t>(out - bytes.data()));
  return bytes;
}

void ExpectRoundTrip(const std::vector<Sample>& samples) {
  SampleColumns columns;
  const absl::Status status = DecodeStream(Encode(samples), static_cast<uint32_t>(samples.size()),
                                           model::kMinTimestamp, model::kMaxTimestamp, &columns);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(columns.size(), samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(columns.timestamps[i], samples[i].t) << i;
    EXPECT_EQ(model::ValueBits(columns.values[i]), model::ValueBits(samples[i].v)) << i;
  }
}

TEST(SampleStream, CostsOneByteWhenDistanceAndValueRepeat) {
  std::vector<Sample> samples;
  for (int i = 0; i < 100; ++i) {
    samples.push_back({1'000'000 + i * 15'000, 3.5});
  }
  EXPECT_EQ(Encode(samples).size(), 16u + 3u + 98u);
  ExpectRoundTrip(samples);
}

TEST(SampleStream, KeepsEveryKindOfBits) {
  const double values[] = {0.0,
                           -0.0,
                           1.0,
                           model::StaleMarker(),
                           std::bit_cast<double>(model::kNormalNanBits),
                           std::bit_cast<double>(uint64_t{0xfff8dead00000001}),
                           std::numeric_limits<double>::infinity(),
                           -std::numeric_limits<double>::infinity(),
                           std::numeric_limits<double>::denorm_min(),
                           4.685222117376e17,
                           -1e300};
  std::vector<Sample> samples;
  Timestamp t = -5;
  for (const double a : values) {
    for (const double b : values) {
      samples.push_back({t += 1, a});
      samples.push_back({t += 70'000, b});
    }
  }
  ExpectRoundTrip(samples);
}

TEST(SampleStream, KeepsExtremeTimes) {
  ExpectRoundTrip({{model::kMinTimestamp, 1},
                   {-1, 2},
                   {0, 3},
                   {1, 4},
                   {model::kMaxTimestamp - 1, 5},
                   {model::kMaxTimestamp, 6}});
}

TEST(SampleStream, RoundTripsRandomStreams) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 rng(seed);
    std::vector<Sample> samples;
    Timestamp t = static_cast<Timestamp>(rng() >> 20);
    double v = 0;
    for (size_t i = 0, n = 1 + rng() % 200; i < n; ++i) {
      t += 1 + static_cast<Timestamp>(rng() >> (1 + rng() % 63)) % 1'000'000'000;
      switch (rng() % 4) {
        case 0:
          v = std::bit_cast<double>(rng());
          break;
        case 1:
          v += static_cast<double>(rng() % 1000);
          break;
        case 2:
          v = static_cast<double>(rng() % 100) / 10;
          break;
        default:
          break;
      }
      samples.push_back({t, v});
    }
    ExpectRoundTrip(samples);
  }
}

TEST(SampleStream, GivesOnlyTheTimesAskedFor) {
  SampleColumns columns;
  const std::string bytes = Encode({{10, 1}, {20, 2}, {30, 3}, {40, 4}});
  ASSERT_TRUE(DecodeStream(bytes, 4, 20, 30, &columns).ok());
  EXPECT_EQ(columns.timestamps, (std::vector<Timestamp>{20, 30}));
}

TEST(SampleStream, ReportsBytesCutAnywhere) {
  const std::string bytes = Encode({{10, 1}, {20, 2.7}, {30'000'000, 3}, {40'000'000, 3}});
  for (size_t n = 0; n < bytes.size(); ++n) {
    SampleColumns columns;
    const std::string cut = bytes.substr(0, n);
    EXPECT_EQ(DecodeStream(cut, 4, model::kMinTimestamp, model::kMaxTimestamp, &columns).code(),
              absl::StatusCode::kDataLoss)
        << n;
  }
}

TEST(SampleStream, NeverReadsOutsideRandomBytes) {
  std::mt19937_64 rng(11);
  for (int i = 0; i < 20'000; ++i) {
    std::vector<char> bytes(rng() % 60);  // exact size, so that ASan sees a read past the end
    for (char& c : bytes) {
      c = static_cast<char>(rng());
    }
    SampleColumns columns;
    (void)DecodeStream({bytes.data(), bytes.size()}, static_cast<uint32_t>(rng() % 20),
                       model::kMinTimestamp, model::kMaxTimestamp, &columns);
    EXPECT_LE(columns.size(), 20u);
  }
}

}  // namespace
}  // namespace tidemark::storage
