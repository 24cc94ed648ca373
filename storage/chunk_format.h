// A chunk as it is stored: the value that goes with a ChunkKey.
//
//   encoding  1 byte      1 = sample stream (storage/head/sample_stream.h)
//   count     varint      samples, at least 1
//   span      varint      time of the last sample - time of the first, ms
//   stream    the rest
//
// docs/format/chunk.md draws it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "model/sample.h"
#include "storage/querier.h"

namespace tidemark::storage {

// The stored form of `count` samples from `start` to `last` that `stream` holds.
std::string EncodeChunk(model::Timestamp start, model::Timestamp last, uint32_t count,
                        std::string_view stream);

// The stored form of `samples`. REQUIRES: not empty, times ascending.
std::string EncodeChunk(std::span<const model::Sample> samples);

// Appends the samples of a stored chunk that lie in [min_time, max_time] to `columns`. `start` is
// that of its key. DataLoss when the bytes are no chunk.
absl::Status DecodeChunk(std::string_view value, model::Timestamp start, model::Timestamp min_time,
                         model::Timestamp max_time, SampleColumns* columns);

}  // namespace tidemark::storage
