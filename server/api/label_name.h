// Label names as they stand in the path of /api/v1/label/NAME/values.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidemark::server {

// Bytes of the UTF-8 character at the front of `text`; 0 if there is none, or it is malformed.
size_t Utf8Length(std::string_view text);

bool IsValidUtf8(std::string_view text);

// Undoes the escaping that lets any name stand where only letters, digits and `_` may: the prefix
// `U__`, `_` doubled, other characters as `_HEX_`. A name without the prefix, or with a malformed
// escape, is given back as it is.
std::string UnescapeLabelName(std::string_view name);

}  // namespace tidemark::server
