// The one form of a parser's error.
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"

namespace tidemark::query {

// InvalidArgument "LINE:COL: parse error: `message`" at byte `offset` of `text`.
absl::Status ParseError(std::string_view text, uint32_t offset, std::string_view message);

}  // namespace tidemark::query
