// Numbers, in and out.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tidemark::query {

// The value of a number token: 12, 1_000, 0x1F, 017 (octal), .5, 5., 1e3, Inf, NaN. No sign.
absl::StatusOr<double> ParseNumber(std::string_view token);

// The shortest plain decimal that reads back as `value`; "NaN", "+Inf", "-Inf".
std::string FormatNumber(double value);

}  // namespace tidemark::query
