// A chunk as it is stored: the value that goes with the key of a chunk.
//
//   encoding  1 byte      1 = sample stream (storage/head/sample_stream.h), 2 = sealed
//   count     varint      samples, at least 1
//   span      varint      time of the last sample - time of the first, ms
//   payload   the rest
//
// A sample stream is what the sweep writes while a bucket is open. A sealed chunk has times and
// values in columns, each in the codec that suits it; its times may be a timeline of the bucket
// (timeline.h). docs/format/chunk.md draws both.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/sample.h"
#include "storage/chunk/timeline.h"
#include "storage/querier.h"

namespace tidemark::storage {

// The stored form of `count` samples from `start` to `last` that the sample stream `stream` holds.
std::string EncodeChunk(model::Timestamp start, model::Timestamp last, uint32_t count,
                        std::string_view stream);

// The stored form of `samples` as a sample stream. REQUIRES: not empty, times ascending.
std::string EncodeChunk(std::span<const model::Sample> samples);

// The sealed form of `times` and `values`. Longer columns of times go to `timelines`; without
// them all are kept in the chunk.
// REQUIRES: as many values as times, not empty, times strictly ascending, of one bucket.
std::string EncodeSealedChunk(std::span<const model::Timestamp> times,
                              std::span<const double> values, TimelineWriter* timelines);

// What the header of a chunk tells without decoding it.
struct ChunkExtent {
  uint32_t count = 0;
  model::Timestamp last = 0;
};
absl::StatusOr<ChunkExtent> ReadChunkExtent(std::string_view value, model::Timestamp start);

// Appends the samples of a stored chunk, of either encoding, that lie in [min_time, max_time] to
// `columns`. `start` is that of its key. `timelines` may be null if the chunk names none. DataLoss
// when the bytes are no chunk or its timeline is not the one; `columns` is then unspecified.
absl::Status DecodeChunk(std::string_view value, model::Timestamp start, model::Timestamp min_time,
                         model::Timestamp max_time, TimelineSource* timelines,
                         SampleColumns* columns);

}  // namespace tidemark::storage
