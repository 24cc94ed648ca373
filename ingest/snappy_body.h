// DecompressBody unpacks the body of a write request: one snappy block, never the framed format.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "ingest/buffer.h"

namespace tidemark::ingest {

// Puts the unpacked bytes of `compressed` in `out`. The length that the block declares is held
// against `max_bytes`, and against what so many compressed bytes can stand for at all, before any
// memory is taken: a false claim costs nothing.
//
// InvalidArgument when the block is cut short, declares too much or is corrupt; `out` is then
// empty. Thread-safe for distinct buffers.
absl::Status DecompressBody(std::string_view compressed, size_t max_bytes, Buffer* out);

}  // namespace tidemark::ingest
