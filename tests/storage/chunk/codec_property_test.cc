// Whatever goes into a column comes out again, bit by bit; what is damaged is refused or gives
// some other column, and never more than that.
#include <bit>
#include <random>

#include <gtest/gtest.h>

#include "storage/chunk/time_codec.h"
#include "storage/chunk/value_codec.h"
#include "tests/storage/chunk/column_shapes.h"

namespace tidemark::storage {
namespace {

using model::Timestamp;

const size_t kSizes[] = {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 60, 63, 64, 65, 127, 128, 129, 500, 1440};

std::vector<uint64_t> Bits(std::span<const double> values) {
  std::vector<uint64_t> bits;
  for (const double v : values) {
    bits.push_back(model::ValueBits(v));
  }
  return bits;
}

void ExpectValuesRoundTrip(std::span<const double> values) {
  std::string bytes;
  AppendValues(values, &bytes);
  std::vector<double> decoded(values.size());
  const absl::Status status = DecodeValues(bytes, decoded);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(Bits(decoded), Bits(values)) << "codec " << int{bytes[0]};
}

void ExpectTimesRoundTrip(std::span<const Timestamp> times) {
  std::string bytes;
  AppendTimes(times, &bytes);
  std::vector<Timestamp> decoded(times.size());
  const absl::Status status = DecodeTimes(bytes, times.front(), times.back(), decoded);
  ASSERT_TRUE(status.ok()) << status;
  ASSERT_EQ(decoded, std::vector<Timestamp>(times.begin(), times.end()));
}

// Seeds of a test: fixed ones, so that a failure names what to repeat.
class CodecProperty : public ::testing::TestWithParam<uint64_t> {
 protected:
  std::mt19937_64 random_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Seeds, CodecProperty, ::testing::Range<uint64_t>(1, 21));

TEST_P(CodecProperty, GivesBackEveryBitOfValues) {
  for (const testing::ValueShape& shape : testing::ValueShapes()) {
    for (const size_t count : kSizes) {
      SCOPED_TRACE(fmt::format("seed {} shape {} count {}", GetParam(), shape.name, count));
      ExpectValuesRoundTrip(shape.make(count, &random_));
    }
  }
}

TEST_P(CodecProperty, GivesBackMixturesOfShapes) {
  const std::span<const testing::ValueShape> shapes = testing::ValueShapes();
  for (int round = 0; round < 50; ++round) {
    std::vector<double> values;
    for (int part = 0; part < 3; ++part) {
      const testing::ValueShape& shape = shapes[random_() % shapes.size()];
      const std::vector<double> more = shape.make(1 + random_() % 200, &random_);
      values.insert(values.end(), more.begin(), more.end());
    }
    SCOPED_TRACE(fmt::format("seed {} round {}", GetParam(), round));
    ExpectValuesRoundTrip(values);
  }
}

TEST_P(CodecProperty, GivesBackTimes) {
  for (const testing::TimeShape& shape : testing::TimeShapes()) {
    for (const size_t count : kSizes) {
      SCOPED_TRACE(fmt::format("seed {} shape {} count {}", GetParam(), shape.name, count));
      ExpectTimesRoundTrip(shape.make(count, &random_));
    }
  }
}

TEST_P(CodecProperty, SurvivesDamagedValues) {
  for (const testing::ValueShape& shape : testing::ValueShapes()) {
    const std::vector<double> values = shape.make(1 + random_() % 300, &random_);
    std::string bytes;
    AppendValues(values, &bytes);
    std::vector<double> decoded(values.size());
    for (int flips = 0; flips < 20; ++flips) {
      bytes[random_() % bytes.size()] = static_cast<char>(random_());
      DecodeValues(bytes, decoded).IgnoreError();
    }
    bytes.resize(random_() % bytes.size());
    DecodeValues(bytes, decoded).IgnoreError();
  }
}

TEST_P(CodecProperty, GivesAscendingTimesEvenWhenDamaged) {
  for (const testing::TimeShape& shape : testing::TimeShapes()) {
    const std::vector<Timestamp> times = shape.make(2 + random_() % 300, &random_);
    std::string bytes;
    AppendTimes(times, &bytes);
    std::vector<Timestamp> decoded(times.size());
    for (int flips = 0; flips < 20 && !bytes.empty(); ++flips) {
      bytes[random_() % bytes.size()] = static_cast<char>(random_());
      if (DecodeTimes(bytes, times.front(), times.back(), decoded).ok()) {
        EXPECT_EQ(decoded.front(), times.front());
        EXPECT_EQ(decoded.back(), times.back());
        EXPECT_TRUE(std::is_sorted(decoded.begin(), decoded.end(), std::less_equal<>()))
            << "seed " << GetParam() << " shape " << shape.name;
      }
    }
  }
}

TEST(ValueCodec, RefusesEveryPrefixOfAColumn) {
  std::mt19937_64 random(7);
  for (const testing::ValueShape& shape : testing::ValueShapes()) {
    const std::vector<double> values = shape.make(100, &random);
    std::string bytes;
    AppendValues(values, &bytes);
    std::vector<double> decoded(values.size());
    for (size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(DecodeValues({bytes.data(), size}, decoded).code(), absl::StatusCode::kDataLoss)
          << shape.name << " cut to " << size << " of " << bytes.size();
    }
    bytes.push_back('\0');
    EXPECT_FALSE(DecodeValues(bytes, decoded).ok()) << shape.name << " with a byte too many";
  }
}

TEST(TimeCodec, NeedsNoBytesForAConstantStep) {
  const std::vector<Timestamp> times = {-20, -10, 0, 10};
  std::string bytes;
  AppendTimes(times, &bytes);
  EXPECT_EQ(bytes, "");
  ExpectTimesRoundTrip(times);
}

TEST(TimeCodec, RefusesAConstantStepThatDoesNotFit) {
  std::vector<Timestamp> times(4);
  EXPECT_FALSE(DecodeTimes("", 0, 10, times).ok());
  EXPECT_FALSE(DecodeTimes("", 0, 0, times).ok());
  EXPECT_FALSE(DecodeTimes("", 30, 0, times).ok());
  times.resize(1);
  EXPECT_FALSE(DecodeTimes("", 0, 1, times).ok());
  EXPECT_TRUE(DecodeTimes("", 1, 1, times).ok());
}

TEST(TimeCodec, RefusesEveryPrefixOfAColumn) {
  std::mt19937_64 random(7);
  for (const testing::TimeShape& shape : testing::TimeShapes()) {
    const std::vector<Timestamp> times = shape.make(100, &random);
    std::string bytes;
    AppendTimes(times, &bytes);
    std::vector<Timestamp> decoded(times.size());
    for (size_t size = 1; size < bytes.size(); ++size) {
      EXPECT_FALSE(DecodeTimes({bytes.data(), size}, times.front(), times.back(), decoded).ok())
          << shape.name << " cut to " << size << " of " << bytes.size();
    }
  }
}

}  // namespace
}  // namespace tidemark::storage
