#include "ingest/utf8.h"

#include <cstdint>
#include <cstring>

namespace tidemark::ingest {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080;

// What may follow a first byte: the length of the character and the range of the second byte.
// Third and fourth bytes are 80..BF always.
struct Lead {
  uint8_t length;
  uint8_t second_min;
  uint8_t second_max;
};

constexpr Lead LeadOf(uint8_t first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xc2) return {0, 0, 0};  // a later byte, or an overlong form
  if (first < 0xe0) return {2, 0x80, 0xbf};
  if (first == 0xe0) return {3, 0xa0, 0xbf};  // below: overlong
  if (first == 0xed) return {3, 0x80, 0x9f};  // above: surrogates
  if (first < 0xf0) return {3, 0x80, 0xbf};
  if (first == 0xf0) return {4, 0x90, 0xbf};  // below: overlong
  if (first < 0xf4) return {4, 0x80, 0xbf};
  if (first == 0xf4) return {4, 0x80, 0x8f};  // above: behind U+10FFFF
  return {0, 0, 0};
}

bool IsLaterByte(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

size_t AsciiPrefix(std::string_view text) {
  size_t n = 0;
  for (uint64_t word = 0; n + sizeof(word) <= text.size(); n += sizeof(word)) {
    std::memcpy(&word, text.data() + n, sizeof(word));
    if ((word & kHighBits) != 0) {
      break;
    }
  }
  while (n < text.size() && static_cast<uint8_t>(text[n]) < 0x80) {
    ++n;
  }
  return n;
}

}  // namespace

size_t Utf8CharacterLength(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const Lead lead = LeadOf(static_cast<uint8_t>(text[0]));
  if (lead.length > text.size()) {
    return 0;
  }
  if (lead.length > 1) {
    const auto second = static_cast<uint8_t>(text[1]);
    if (second < lead.second_min || second > lead.second_max) {
      return 0;
    }
  }
  for (size_t i = 2; i < lead.length; ++i) {
    if (!IsLaterByte(text[i])) {
      return 0;
    }
  }
  return lead.length;
}

bool IsAscii(std::string_view text) {
  uint64_t seen = 0;
  size_t n = 0;
  for (uint64_t word = 0; n + sizeof(word) <= text.size(); n += sizeof(word)) {
    std::memcpy(&word, text.data() + n, sizeof(word));
    seen |= word;
  }
  for (; n < text.size(); ++n) {
    seen |= static_cast<uint8_t>(text[n]);
  }
  return (seen & kHighBits) == 0;
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    text.remove_prefix(AsciiPrefix(text));
    if (text.empty()) {
      break;
    }
    const size_t length = Utf8CharacterLength(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace tidemark::ingest
