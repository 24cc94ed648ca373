#include "server/api/label_name.h"

#include <charconv>
#include <cstdint>
#include <optional>

namespace tidemark::server {
namespace {

constexpr std::string_view kPrefix = "U__";
constexpr uint32_t kMaxCodePoint = 0x10FFFF;
constexpr size_t kMaxHexDigits = 6;

bool IsSurrogate(uint32_t code) { return code >= 0xD800 && code <= 0xDFFF; }

void AppendUtf8(uint32_t code, std::string* out) {
  const auto put = [out](uint32_t byte) { out->push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

// The character behind `_HEX_` once the first `_` is gone; drops it from `rest`.
std::optional<uint32_t> ReadHex(std::string_view* rest) {
  const size_t end = rest->find('_');
  if (end == std::string_view::npos || end == 0 || end > kMaxHexDigits) {
    return std::nullopt;
  }
  uint32_t code = 0;
  const auto [stop, error] = std::from_chars(rest->data(), rest->data() + end, code, 16);
  if (error != std::errc() || stop != rest->data() + end || code > kMaxCodePoint ||
      IsSurrogate(code)) {
    return std::nullopt;
  }
  rest->remove_prefix(end + 1);
  return code;
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  if (text.empty()) {
    return 0;
  }
  const auto byte = [text](size_t i) { return static_cast<uint8_t>(text[i]); };
  if (byte(0) < 0x80) {
    return 1;
  }
  const size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC2 ? 2 : 0;
  if (length == 0 || byte(0) > 0xF4 || text.size() < length) {
    return 0;
  }
  uint32_t code = byte(0) & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) {
      return 0;
    }
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  return code < kSmallest[length] || code > kMaxCodePoint || IsSurrogate(code) ? 0 : length;
}

bool IsValidUtf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
  return true;
}

std::string UnescapeLabelName(std::string_view name) {
  if (!name.starts_with(kPrefix)) {
    return std::string(name);
  }
  std::string out;
  std::string_view rest = name.substr(kPrefix.size());
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c != '_') {
      out.push_back(c);
    } else if (rest.starts_with('_')) {
      out.push_back('_');
      rest.remove_prefix(1);
    } else if (const std::optional<uint32_t> code = ReadHex(&rest)) {
      AppendUtf8(*code, &out);
    } else {
      return std::string(name);
    }
  }
  return out;
}

}  // namespace tidemark::server
