// A column of values: doubles whose every bit survives, whatever they are.
//
// The encoder picks the codec that it expects to be smallest once the block compressor of the
// store has seen the bytes among those of neighbouring series. Layout: docs/format/chunk.md.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tidemark::storage {

// Appends the encoded column to `out`. REQUIRES: `values` is not empty.
void AppendValues(std::span<const double> values, std::string* out);

// Fills `values` from `bytes`, all of them. DataLoss when the bytes are not a column of
// values.size() values; `values` then holds anything. REQUIRES: `values` is not empty.
absl::Status DecodeValues(std::string_view bytes, std::span<double> values);

// As above for the values from number `from` on of a column of `count`; the rest is not decoded
// where that is possible. REQUIRES: from + values.size() <= count.
absl::Status DecodeValues(std::string_view bytes, size_t count, size_t from,
                          std::span<double> values);

}  // namespace tidemark::storage
