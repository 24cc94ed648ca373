#include "storage/chunk/chunk_format.h"

#include <gtest/gtest.h>

namespace tidemark::storage {
namespace {

using model::Sample;
using model::Timestamp;

const std::vector<Sample> kSamples = {{100, 1}, {200, 2.5}, {350, model::StaleMarker()}};

SampleColumns Decode(std::string_view value, Timestamp min_time, Timestamp max_time) {
  SampleColumns columns;
  EXPECT_TRUE(DecodeChunk(value, 100, min_time, max_time, nullptr, &columns).ok());
  return columns;
}

TEST(ChunkFormat, GivesBackTheSamplesAskedFor) {
  const std::string value = EncodeChunk(kSamples);
  EXPECT_EQ(Decode(value, 0, 1000).timestamps, (std::vector<Timestamp>{100, 200, 350}));
  EXPECT_EQ(Decode(value, 101, 200).timestamps, (std::vector<Timestamp>{200}));
  EXPECT_EQ(Decode(value, 351, 1000).size(), 0u);
  EXPECT_EQ(Decode(value, 0, 99).size(), 0u);
}

TEST(ChunkFormat, DoesNotTouchTheStreamOfAChunkOutsideTheRange) {
  std::string value = EncodeChunk(kSamples);
  value.resize(6);  // header and a stump of the stream
  EXPECT_EQ(Decode(value, 351, 1000).size(), 0u);
  SampleColumns columns;
  EXPECT_EQ(DecodeChunk(value, 100, 350, 1000, nullptr, &columns).code(),
            absl::StatusCode::kDataLoss);
}

TEST(ChunkFormat, RefusesUnknownEncodingsAndBrokenHeaders) {
  SampleColumns columns;
  for (const std::string& value : {std::string(), std::string("\x07\x01\x00", 3),
                                   std::string("\x01", 1), std::string("\x01\x00\x00", 3)}) {
    EXPECT_EQ(DecodeChunk(value, 0, 0, 10, nullptr, &columns).code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace tidemark::storage
