#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/chunk/chunk_format.h"
#include "storage/types.h"
#include "tests/storage/chunk/column_shapes.h"

namespace tidemark::storage {
namespace {

using model::Timestamp;
using ::testing::ElementsAre;

// The timelines of a writer, as a reader finds them.
class WrittenTimelines final : public TimelineSource {
 public:
  explicit WrittenTimelines(const TimelineWriter& writer) : writer_(writer) {}

  absl::StatusOr<std::span<const Timestamp>> Timeline(int64_t, TimelineNumber number) override {
    for (const TimelineWriter::Row& row : writer_.rows()) {
      if (row.number == number) {
        EXPECT_TRUE(DecodeTimeline(row.value, &times_).ok());
        return std::span<const Timestamp>(times_);
      }
    }
    return absl::NotFoundError("no such timeline");
  }

 private:
  const TimelineWriter& writer_;
  std::vector<Timestamp> times_;
};

class SealedChunk : public ::testing::Test {
 protected:
  SealedChunk() : times_(MakeTimes("jitter")), values_(MakeValues()) {}

  std::vector<Timestamp> MakeTimes(std::string_view shape) {
    for (const testing::TimeShape& s : testing::TimeShapes()) {
      if (s.name == shape) {
        return s.make(300, &random_);
      }
    }
    return {};
  }
  std::vector<double> MakeValues() { return testing::ValueShapes()[3].make(300, &random_); }

  std::string Encode(TimelineWriter* timelines) {
    return EncodeSealedChunk(times_, values_, timelines);
  }
  absl::Status Decode(std::string_view value, Timestamp min_time, Timestamp max_time,
                      TimelineSource* timelines) {
    columns_.clear();
    return DecodeChunk(value, times_.front(), min_time, max_time, timelines, &columns_);
  }
  // What is decoded of the samples [from, to), given a range that has those alone.
  void ExpectRange(const std::string& value, size_t from, size_t to) {
    SCOPED_TRACE(fmt::format("samples {} to {}", from, to));
    ASSERT_TRUE(Decode(value, times_[from], times_[to - 1], nullptr).ok());
    const auto begin = static_cast<ptrdiff_t>(from);
    const auto end = static_cast<ptrdiff_t>(to);
    EXPECT_EQ(columns_.timestamps,
              std::vector<Timestamp>(times_.begin() + begin, times_.begin() + end));
    EXPECT_EQ(columns_.values, std::vector<double>(values_.begin() + begin, values_.begin() + end));
  }

  std::mt19937_64 random_{20};
  std::vector<Timestamp> times_;
  std::vector<double> values_;
  TimelineWriter timelines_;
  SampleColumns columns_;
};

TEST_F(SealedChunk, GivesBackItsSamples) {
  const std::string value = Encode(nullptr);
  ASSERT_TRUE(Decode(value, model::kMinTimestamp, model::kMaxTimestamp, nullptr).ok());
  EXPECT_EQ(columns_.timestamps, times_);
  EXPECT_EQ(columns_.values, values_);
}

TEST_F(SealedChunk, GivesTheSamplesInsideARange) {
  for (const std::string_view shape : {"jitter", "constant_step", "missed_scrapes"}) {
    times_ = MakeTimes(shape);
    const std::string value = Encode(nullptr);
    ExpectRange(value, 0, 300);
    ExpectRange(value, 0, 1);
    ExpectRange(value, 299, 300);
    ExpectRange(value, 17, 211);
  }
}

TEST_F(SealedChunk, GivesNothingBetweenTwoSamplesOrOutside) {
  const std::string value = Encode(nullptr);
  for (const auto& [from, to] : std::initializer_list<std::pair<Timestamp, Timestamp>>{
           {times_[4] + 1, times_[5] - 1},
           {times_.back() + 1, model::kMaxTimestamp},
           {model::kMinTimestamp, times_.front() - 1}}) {
    ASSERT_TRUE(Decode(value, from, to, nullptr).ok());
    EXPECT_EQ(columns_.size(), 0u);
  }
}

TEST_F(SealedChunk, AppendsToWhatIsInTheColumns) {
  columns_.Append(1, 2);
  ASSERT_TRUE(
      DecodeChunk(Encode(nullptr), times_.front(), times_[1], times_[2], nullptr, &columns_).ok());
  EXPECT_THAT(columns_.timestamps, ElementsAre(1, times_[1], times_[2]));
  EXPECT_THAT(columns_.values, ElementsAre(2, values_[1], values_[2]));
}

TEST_F(SealedChunk, NamesATimelineForLongTimes) {
  const std::string alone = Encode(nullptr);
  const std::string value = Encode(&timelines_);
  EXPECT_LT(value.size() + 100, alone.size());
  EXPECT_EQ(Encode(&timelines_), value);
  ASSERT_EQ(timelines_.rows().size(), 1u);

  WrittenTimelines source(timelines_);
  ASSERT_TRUE(Decode(value, times_[10], times_[20], &source).ok());
  EXPECT_EQ(columns_.timestamps, std::vector<Timestamp>(times_.begin() + 10, times_.begin() + 21));
}

TEST_F(SealedChunk, KeepsShortTimesToItself) {
  times_ = MakeTimes("constant_step");
  const std::string value = Encode(&timelines_);
  EXPECT_TRUE(timelines_.rows().empty());
  EXPECT_TRUE(Decode(value, times_.front(), times_.back(), nullptr).ok());
}

TEST_F(SealedChunk, RefusesATimelineThatIsMissingOrAnother) {
  const std::string value = Encode(&timelines_);
  EXPECT_EQ(Decode(value, times_.front(), times_.back(), nullptr).code(),
            absl::StatusCode::kDataLoss);
  const TimelineWriter nothing;
  WrittenTimelines none(nothing);
  EXPECT_EQ(Decode(value, times_.front(), times_.back(), &none).code(),
            absl::StatusCode::kNotFound);

  const std::vector<Timestamp> original = times_;
  times_ = MakeTimes("jitter");
  TimelineWriter others;
  Encode(&others);
  times_ = original;
  WrittenTimelines wrong(others);
  EXPECT_EQ(Decode(value, times_.front(), times_.back(), &wrong).code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(SealedChunk, RefusesEveryPrefix) {
  const std::string value = Encode(nullptr);
  for (size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(Decode({value.data(), size}, times_.front(), times_.back(), nullptr).code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST_F(SealedChunk, DoesNotBelieveACountThatNoBucketHolds) {
  const std::string value("\x02\xff\xff\xff\xff\x0f\x0a\x00\x01\0\0\0\0\0\0\0\0", 17);
  EXPECT_EQ(Decode(value, times_.front(), times_.back(), nullptr).code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(columns_.timestamps.capacity(), 0u);
}

TEST_F(SealedChunk, TellsItsExtentWithoutDecoding) {
  const std::string value = Encode(nullptr);
  const absl::StatusOr<ChunkExtent> extent = ReadChunkExtent({value.data(), 8}, times_.front());
  ASSERT_TRUE(extent.ok());
  EXPECT_EQ(extent->count, 300u);
  EXPECT_EQ(extent->last, times_.back());
  EXPECT_FALSE(ReadChunkExtent({value.data(), 2}, times_.front()).ok());
}

}  // namespace
}  // namespace tidemark::storage
