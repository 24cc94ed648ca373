// Numbers in and out, as Go reads and writes them. Pure functions.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "alert/template/internal/syntax.h"

namespace tidemark::alert::templates {

// A number as it stands in an action: 12, 0x1F, 0b101, 017, 1_000, 1.5, 1e3, with or without sign.
absl::StatusOr<NumberLiteral> ParseNumberLiteral(std::string_view text);
// A character constant, quotes and all: 'x', '\n'.
absl::StatusOr<NumberLiteral> ParseRuneLiteral(std::string_view text);

// The number that all of `text` spells: decimal or hexadecimal, Inf, NaN in any case.
absl::StatusOr<double> ParseFloat(std::string_view text);

// `value` by one of the verbs b e E f F g G x X; a negative precision asks for the shortest text
// that reads back as `value`. NaN, +Inf and -Inf by any verb.
std::string FormatFloat(double value, char verb, int precision, bool keep_point = false);

// What a value looks like when it is printed without a format: 123456, 1e+06, 0.5.
inline std::string ShortestFloat(double value) { return FormatFloat(value, 'g', -1); }

}  // namespace tidemark::alert::templates
