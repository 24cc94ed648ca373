// Where a piece of an expression stands in its text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tidemark::query {

// Bytes [begin, end) of the text.
struct PositionRange {
  uint32_t begin = 0;
  uint32_t end = 0;

  friend bool operator==(PositionRange, PositionRange) = default;
};

// "LINE:COL" of byte `offset` in `text`, both from 1, the column in bytes. An offset behind the
// end stands for the end.
std::string LineAndColumn(std::string_view text, uint32_t offset);

}  // namespace tidemark::query
