// Quoted text, in and out: strings of the language, and words shown in messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidemark::query {

// One character of UTF-8. Bytes that are no character are kInvalidRune, one byte long.
inline constexpr char32_t kInvalidRune = 0xFFFFFFFF;
struct Rune {
  char32_t value = kInvalidRune;
  size_t bytes = 1;
};

// The character at the front. REQUIRES: text is not empty.
Rune DecodeRune(std::string_view text);

bool IsValidUtf8(std::string_view text);

// Appends `rune` as UTF-8. REQUIRES: a code point.
void AppendRune(char32_t rune, std::string* out);

// The first `count` characters.
std::string_view FirstRunes(std::string_view text, size_t count);

// `text` in double quotes with everything unprintable escaped; bytes that are not UTF-8 become
// \xHH. Unquote() gives `text` again.
std::string Quote(std::string_view text);

// A character in single quotes: 'x', '\n'.
std::string QuoteRune(char32_t rune);

// "U+0071 'q'"
std::string DescribeRune(char32_t rune);

// The value of a string token, quotes and all; escapes are resolved except between backquotes.
// The message says what is wrong with the first bad escape.
absl::StatusOr<std::string> Unquote(std::string_view token);

}  // namespace tidemark::query
