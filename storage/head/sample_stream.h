// The byte-aligned sample stream: what an open chunk holds, and the simplest chunk on disk.
//
//   first sample   t: 8 bytes    v: 8 bytes                       (little-endian)
//   each further   control: 1    time: 0, 1, 2 or 8    value: 0 … 8 bytes
//
//   control  bits 7-6  length of the time field: 0, 1, 2, 8 bytes
//            bits 5-0  0: the value's bits repeat; else 1 + the index of (zeros, length) below
//   time     zigzag of the difference between this distance and the one before
//   value    the bits XOR the previous bits, without their `zeros` trailing zero bytes and
//            without leading zero bytes: `length` bytes remain
//
// A sample thus costs one byte when the distance and the value repeat, and at most 17. Any
// timestamps and any bits round-trip. docs/format/chunk.md draws it.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "model/sample.h"
#include "storage/querier.h"

namespace tidemark::storage {

// Room that must be free behind the stream before SampleEncoder::Append.
inline constexpr size_t kMaxStreamBytesPerSample = 24;

// What the next sample of a stream is encoded against. A value type; owned by whoever appends.
class SampleEncoder {
 public:
  // Writes the first sample of a stream at `out`; returns the byte behind it.
  char* Start(model::Sample sample, char* out);

  // Writes a further sample at `out`, where kMaxStreamBytesPerSample bytes must be free; returns
  // the byte behind it.
  char* Append(model::Sample sample, char* out);

  model::Timestamp last_time() const { return last_time_; }
  uint64_t last_bits() const { return last_bits_; }

 private:
  model::Timestamp last_time_ = 0;
  uint64_t last_bits_ = 0;
  uint64_t last_distance_ = 0;  // two's complement, wraps
};

// The time of the first sample of the stream at `bytes`, which has one.
inline model::Timestamp StreamStart(const char* bytes) {
  model::Timestamp start = 0;
  std::memcpy(&start, bytes, sizeof(start));
  return start;
}

// Decodes `count` samples of a stream and appends those in [min_time, max_time] to `columns`.
// DataLoss when the bytes end early or hold no such stream; `columns` then has a prefix.
absl::Status DecodeStream(std::string_view bytes, uint32_t count, model::Timestamp min_time,
                          model::Timestamp max_time, SampleColumns* columns);

}  // namespace tidemark::storage
