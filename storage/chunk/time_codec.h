// A column of times: strictly ascending milliseconds, stored apart from the values.
//
// The first and the last time and the number of times are known from elsewhere (a chunk's header,
// a timeline's row), so that a constant step costs nothing. Layout: docs/format/chunk.md.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "model/sample.h"

namespace tidemark::storage {

// Appends the encoded column to `out`. Equal distances give equal bytes, whatever the first time.
// REQUIRES: `times` is not empty and strictly ascending.
void AppendTimes(std::span<const model::Timestamp> times, std::string* out);

// Whether `count` times from `first` to `last` can have a constant step; sets `step` then.
bool HasStep(model::Timestamp first, model::Timestamp last, size_t count, uint64_t* step);

// Fills `times` from `bytes`, all of them. DataLoss when the bytes are not a column of
// times.size() strictly ascending times from `first` to `last`; `times` then holds anything.
// REQUIRES: `times` is not empty.
absl::Status DecodeTimes(std::string_view bytes, model::Timestamp first, model::Timestamp last,
                         std::span<model::Timestamp> times);

}  // namespace tidemark::storage
