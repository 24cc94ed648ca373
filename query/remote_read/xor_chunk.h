// The XOR chunk of Prometheus, as its remote read protocol carries it. Only written, never read:
// Tidemark's own chunks have another form (docs/format/chunk.md). Pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "model/sample.h"

namespace tidemark::query {

// Samples that senders put in one chunk.
inline constexpr size_t kXorChunkSamples = 120;

// Appends the chunk of these samples. REQUIRES: as many times as values, 1 to 65535 of them,
// strictly ascending.
void AppendXorChunk(std::span<const model::Timestamp> times, std::span<const double> values,
                    std::string* out);

}  // namespace tidemark::query
