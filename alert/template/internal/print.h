// Values to text, as Go's fmt package does it.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "alert/template/internal/value.h"

namespace tidemark::alert::templates {

// No text in a template gets longer; what would is an error (ResourceExhausted).
inline constexpr size_t kMaxTextBytes = 1 << 20;

// What an action without a format prints: <no value> for none.
absl::StatusOr<std::string> DisplayText(const Value& value);

// printf, print and println.
absl::StatusOr<std::string> Sprintf(std::string_view format, std::span<const Value> args);
absl::StatusOr<std::string> Sprint(std::span<const Value> args);
absl::StatusOr<std::string> Sprintln(std::span<const Value> args);

}  // namespace tidemark::alert::templates
