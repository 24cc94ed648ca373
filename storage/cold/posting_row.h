// A posting row: some series refs that share their upper 16 bits, the block, as bytes.
//
//   for each run of consecutive refs:
//     varint  gap << 1 | longer    gap: refs left out since the run before, or since the block
//     began varint  length - 2           only if `longer`, for runs of two and more
//
// Series registered together are evicted together, so runs are the rule.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "storage/types.h"

namespace tidemark::storage {

inline constexpr uint32_t kPostingBlockBits = 16;
inline constexpr uint16_t PostingBlock(SeriesRef ref) {
  return static_cast<uint16_t>(ref >> kPostingBlockBits);
}

// REQUIRES: `refs` ascends and lies in one block.
void AppendPostingRow(std::span<const SeriesRef> refs, std::string* out);

// Calls `visit` with the first and last ref of each run, ascending. False when the bytes are no
// row; some runs may have been visited by then.
bool DecodePostingRow(std::string_view row, uint16_t block,
                      absl::FunctionRef<void(SeriesRef first, SeriesRef last)> visit);

}  // namespace tidemark::storage
