#include "base/crc32c.h"

#include <array>
#include <cstring>

#ifdef __SSE4_2__
#include <nmmintrin.h>
#endif

namespace tidemark::base {
namespace {

// The polynomial 0x1edc6f41, bits reversed.
constexpr uint32_t kPolynomial = 0x82f63b78;

constexpr std::array<uint32_t, 256> MakeTable() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    }
    table[byte] = crc;
  }
  return table;
}

constexpr std::array<uint32_t, 256> kTable = MakeTable();

#ifdef __SSE4_2__
uint64_t LoadWord(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

uint32_t ExtendByInstruction(uint32_t crc, std::string_view bytes) {
  uint64_t state = ~crc;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    state = _mm_crc32_u64(state, LoadWord(bytes.data()));
  }
  uint32_t tail = static_cast<uint32_t>(state);
  for (const char c : bytes) {
    tail = _mm_crc32_u8(tail, static_cast<uint8_t>(c));
  }
  return ~tail;
}
#endif

}  // namespace

namespace internal {

uint32_t ExtendCrc32cPortable(uint32_t crc, std::string_view bytes) {
  uint32_t state = ~crc;
  for (const char c : bytes) {
    state = kTable[(state ^ static_cast<uint8_t>(c)) & 0xff] ^ (state >> 8);
  }
  return ~state;
}

}  // namespace internal

uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes) {
#ifdef __SSE4_2__
  return ExtendByInstruction(crc, bytes);
#else
  return internal::ExtendCrc32cPortable(crc, bytes);
#endif
}

}  // namespace tidemark::base
