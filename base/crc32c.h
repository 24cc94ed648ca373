// CRC-32C (Castagnoli), with the processor's instruction where there is one.
//
//   uint32_t crc = Crc32c(header);
//   crc = ExtendCrc32c(crc, payload);   // == Crc32c(header + payload)
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::base {

// The checksum of what `crc` is the checksum of, followed by `bytes`.
uint32_t ExtendCrc32c(uint32_t crc, std::string_view bytes);

inline uint32_t Crc32c(std::string_view bytes) { return ExtendCrc32c(0, bytes); }

namespace internal {
// The same by table, for processors without the instruction.
uint32_t ExtendCrc32cPortable(uint32_t crc, std::string_view bytes);
}  // namespace internal

}  // namespace tidemark::base
