// Varints as Protocol Buffers write them: seven bits a byte, lowest first.
#pragma once

#include <cstdint>
#include <string>

namespace tidemark::model {

inline constexpr size_t kMaxVarintBytes = 10;

// Writes `v` at `out`, which must have room for kMaxVarintBytes; returns the byte behind it.
inline char* PutVarint(uint64_t v, char* out) {
  while (v >= 0x80) {
    *out++ = static_cast<char>(v | 0x80);
    v >>= 7;
  }
  *out++ = static_cast<char>(v);
  return out;
}

inline void AppendVarint(uint64_t v, std::string* out) {
  char buffer[kMaxVarintBytes];
  out->append(buffer, static_cast<size_t>(PutVarint(v, buffer) - buffer));
}

// Reads a varint from [p, end); returns the byte behind it, or nullptr when it is cut short,
// longer than ten bytes, or does not fit 64 bits.
inline const char* GetVarint(const char* p, const char* end, uint64_t* v) {
  uint64_t result = 0;
  for (unsigned shift = 0; shift < 70 && p < end; shift += 7) {
    const uint64_t byte = static_cast<uint8_t>(*p++);
    if (shift == 63 && byte > 1) {
      return nullptr;
    }
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *v = result;
      return p;
    }
  }
  return nullptr;
}

inline uint64_t ZigZag(int64_t v) {
  return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63);
}
inline int64_t UnZigZag(uint64_t v) {
  return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
}

}  // namespace tidemark::model
