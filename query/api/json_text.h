// Strings in JSON. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace tidemark::query {

// Appends `text` quoted and escaped. Bytes that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* json);

}  // namespace tidemark::query
