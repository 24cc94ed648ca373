#include "storage/sample_record.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Sample;
using model::Timestamp;

bool Same(const JournalSample& a, const JournalSample& b) {
  return a.ref == b.ref && a.in_order == b.in_order && a.sample.t == b.sample.t &&
         model::SameBits(a.sample.v, b.sample.v);
}

absl::Status Read(std::string_view body, std::vector<JournalSample>* samples) {
  return ReadSampleRecord(body, [samples](std::span<const JournalSample> run) {
    samples->insert(samples->end(), run.begin(), run.end());
    return absl::OkStatus();
  });
}

std::string Write(SampleRecordWriter* writer, const std::vector<JournalSample>& samples) {
  for (const JournalSample& entry : samples) {
    writer->Add(entry.ref, entry.sample, entry.in_order);
  }
  const size_t bytes = writer->bytes();
  std::string body;
  writer->AppendTo(&body);
  EXPECT_EQ(body.size(), bytes);
  EXPECT_TRUE(writer->empty());
  return body;
}

void ExpectRoundTrip(SampleRecordWriter* writer, const std::vector<JournalSample>& samples) {
  std::vector<JournalSample> read;
  const absl::Status status = Read(Write(writer, samples), &read);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(read.size(), samples.size());
  for (size_t i = 0; i < read.size(); ++i) {
    ASSERT_TRUE(Same(read[i], samples[i])) << "sample " << i << ", value " << samples[i].sample.v;
  }
}

// One scrape of series that were registered one after the other.
std::vector<JournalSample> Scrape(const std::vector<double>& values) {
  std::vector<JournalSample> samples;
  for (const double value : values) {
    samples.push_back({static_cast<SeriesRef>(samples.size() + 100), true, {1000, value}});
  }
  return samples;
}

// A value of one of the kinds that are coded differently.
double RandomValue(std::mt19937_64* random) {
  const uint64_t bits = (*random)();
  switch ((*random)() % 6) {
    case 0:
      return static_cast<double>((*random)() % 4);
    case 1:
      return static_cast<double>(bits >> ((*random)() % 64));
    case 2:
      return -static_cast<double>(bits >> ((*random)() % 64));
    case 3:
      return static_cast<double>(bits % 100'000) / 1000;
    case 4:
      return std::bit_cast<double>(bits << ((*random)() % 64));
    default:
      return std::bit_cast<double>(bits);
  }
}

TEST(SampleRecord, KeepsTheBitsOfEveryKindOfValue) {
  using Limits = std::numeric_limits<double>;
  std::vector<double> values = {0.0,
                                -0.0,
                                -0.0,
                                1,
                                -1,
                                0.1,
                                -0.1,
                                1.5,
                                Limits::infinity(),
                                -Limits::infinity(),
                                Limits::max(),
                                Limits::lowest(),
                                Limits::min(),
                                Limits::denorm_min(),
                                model::StaleMarker(),
                                std::bit_cast<double>(model::kNormalNanBits),
                                std::bit_cast<double>(uint64_t{0xffffffffffffffff})};
  for (int bits = 1; bits < 64; ++bits) {
    const double power = std::ldexp(1.0, bits);
    values.insert(values.end(), {power - 1, power, power, power + 1, -power, power + 0.5});
  }
  SampleRecordWriter writer;
  ExpectRoundTrip(&writer, Scrape(values));
}

TEST(SampleRecord, KeepsExtremesOfTimeAndReference) {
  SampleRecordWriter writer;
  const std::vector<Timestamp> times = {0, model::kMaxTimestamp, model::kMinTimestamp, -1,
                                        model::kMaxTimestamp};
  const std::vector<SeriesRef> refs = {1, UINT32_MAX, UINT32_MAX, 1, 2, 1, UINT32_MAX - 1};
  std::vector<JournalSample> samples;
  for (const Timestamp t : times) {
    for (const SeriesRef ref : refs) {
      samples.push_back({ref, samples.size() % 3 == 0, {t, 1}});
    }
  }
  ExpectRoundTrip(&writer, samples);
}

TEST(SampleRecord, KeepsRandomSamplesBitForBit) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    SampleRecordWriter writer;
    for (int body = 0; body < 3; ++body) {
      std::vector<JournalSample> samples;
      for (size_t i = 0, n = random() % 700; i < n; ++i) {
        const bool steps = random() % (1 + seed % 20) == 0;
        const JournalSample last = samples.empty() ? JournalSample() : samples.back();
        const auto ref = static_cast<SeriesRef>(steps ? random() : last.ref + 1);
        samples.push_back(
            {std::max<SeriesRef>(ref, 1),
             random() % (1 + seed % 50) != 0,
             {steps ? static_cast<Timestamp>(random()) : last.sample.t, RandomValue(&random)}});
      }
      ExpectRoundTrip(&writer, samples);
    }
  }
}

TEST(SampleRecord, CostsHalfAByteAndTheValueWhereNothingElseChanges) {
  SampleRecordWriter writer;
  std::vector<double> counters;
  for (int i = 0; i < 1600; ++i) {
    counters.push_back(1000 + i);
  }
  EXPECT_LE(Write(&writer, Scrape(counters)).size(), 1600 * 5 / 2 + 32u);
  EXPECT_LE(Write(&writer, Scrape(std::vector<double>(1600, 0.25))).size(), 1600 / 2 + 32u);
}

TEST(SampleRecord, RefusesABodyThatWasCutOrGoesOn) {
  SampleRecordWriter writer;
  const std::string body = Write(&writer, Scrape({1, 2, 0.1, 1000, 0.1, 5, -7}));
  for (size_t length = 0; length < body.size(); ++length) {
    std::vector<JournalSample> samples;
    EXPECT_EQ(Read(body.substr(0, length), &samples).code(), absl::StatusCode::kDataLoss) << length;
  }
  std::vector<JournalSample> samples;
  EXPECT_EQ(Read(body + '\0', &samples).code(), absl::StatusCode::kDataLoss);
}

TEST(SampleRecord, RefusesReferencesThatNoSeriesHas) {
  SampleRecordWriter writer;
  std::vector<JournalSample> samples;
  EXPECT_EQ(Read(Write(&writer, {{0, true, {1, 1}}}), &samples).code(),
            absl::StatusCode::kDataLoss);
}

TEST(SampleRecord, ReturnsTheFirstErrorOfTheVisitor) {
  SampleRecordWriter writer;
  const std::string body = Write(&writer, Scrape(std::vector<double>(1000, 1)));
  int calls = 0;
  const absl::Status status = ReadSampleRecord(body, [&](std::span<const JournalSample> /*run*/) {
    ++calls;
    return absl::InternalError("enough");
  });
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace tidemark::storage
