// Texts of API parameters to values. Errors are InvalidArgument and quote the text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "model/sample.h"

namespace tidemark::server {

// The first and last time a client can name; further away is taken as these.
inline constexpr model::Timestamp kMinApiTime = -9'223'309'901'257'974'000;
inline constexpr model::Timestamp kMaxApiTime = 9'223'309'901'257'974'999;

// Seconds since the epoch, with decimals and exponent, rounded to milliseconds; or RFC 3339.
absl::StatusOr<model::Timestamp> ParseTime(std::string_view text);

// Seconds, with decimals and exponent, or a Prometheus duration ("1h30m"), in milliseconds. A
// number may be negative.
absl::StatusOr<int64_t> ParseApiDurationMs(std::string_view text);

// An integer from 0 on; 0, also for an empty text, means no limit.
absl::StatusOr<size_t> ParseLimit(std::string_view text);

// `text` in double quotes, with control characters and what is not UTF-8 escaped.
std::string Quoted(std::string_view text);

// `t` as RFC 3339 in UTC, with milliseconds if it has any.
std::string FormatRfc3339(model::Timestamp t);

}  // namespace tidemark::server
