// UnpackSnappy unpacks the elements of a snappy block.
//
// It takes exactly the blocks that the snappy library takes and gives the same bytes; the library
// as the distribution builds it calls a function for each element, which costs half as much
// again as unpacking does.
#pragma once

#include <cstddef>
#include <string_view>

namespace tidemark::ingest::internal {

// What may be written behind the unpacked bytes.
inline constexpr size_t kUnpackSlop = 64;

// Unpacks `block`, which declares to unpack to `size` bytes, to `out`. False when it is corrupt,
// cut short, or unpacks to another number of bytes; `out` then holds anything. Never touches what
// lies outside `block`. REQUIRES: `block` begins with a valid length; `out` has room for `size` and
// kUnpackSlop bytes. Thread-safe.
bool UnpackSnappy(std::string_view block, size_t size, char* out);

}  // namespace tidemark::ingest::internal
