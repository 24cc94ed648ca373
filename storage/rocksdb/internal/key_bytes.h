// The pieces that keys and values are put together from. Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/varint.h"

namespace tidemark::storage::internal {

inline constexpr uint64_t kSignBit = uint64_t{1} << 63;

// The order of the bytes is the order of the numbers.
template <typename Unsigned>
char* PutBigEndian(Unsigned v, char* out) {
  for (size_t i = 0; i < sizeof(v); ++i) {
    *out++ = static_cast<char>(v >> (8 * (sizeof(v) - 1 - i)));
  }
  return out;
}

template <typename Unsigned>
const char* GetBigEndian(const char* p, Unsigned* v) {
  uint64_t result = 0;
  for (size_t i = 0; i < sizeof(*v); ++i) {
    result = result << 8 | static_cast<uint8_t>(*p++);
  }
  *v = static_cast<Unsigned>(result);
  return p;
}

inline char* PutSigned(int64_t v, char* out) {
  return PutBigEndian(static_cast<uint64_t>(v) ^ kSignBit, out);
}

inline const char* GetSigned(const char* p, int64_t* v) {
  uint64_t flipped = 0;
  p = GetBigEndian(p, &flipped);
  *v = static_cast<int64_t>(flipped ^ kSignBit);
  return p;
}

// Takes a varint from the front of `bytes`.
inline bool TakeVarint(std::string_view* bytes, uint64_t* v) {
  const char* const end = bytes->data() + bytes->size();
  const char* const next = model::GetVarint(bytes->data(), end, v);
  if (next == nullptr) {
    return false;
  }
  *bytes = {next, static_cast<size_t>(end - next)};
  return true;
}

}  // namespace tidemark::storage::internal
