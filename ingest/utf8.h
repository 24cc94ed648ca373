// UTF-8 as the Unicode standard defines it: no overlong forms, no surrogates, nothing above
// U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace tidemark::ingest {

// The number of bytes of the character that `text` begins with; 0 when it begins with none.
size_t Utf8CharacterLength(std::string_view text);

// Whether all bytes are below 0x80.
bool IsAscii(std::string_view text);

// Whether `text` is a whole number of characters; the empty text is.
bool IsValidUtf8(std::string_view text);

}  // namespace tidemark::ingest
