// What the readers of the configuration's sections share: strict reading of YAML, with the line of
// what is wrong.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/duration.h"
#include "yaml-cpp/yaml.h"

namespace tidemark::server {

inline absl::Status ErrorAt(const YAML::Mark& mark, std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("line {}: {}", mark.line + 1, text));
}

// The text of a scalar; "?" for anything else, which is no key.
inline std::string KeyOf(const YAML::Node& name) { return name.IsScalar() ? name.Scalar() : "?"; }

// Calls `read` for each entry of the mapping `node`; nothing is an empty mapping.
template <typename Read>
absl::Status ForEachEntry(const YAML::Node& node, std::string_view what, Read read) {
  if (node.IsNull()) {
    return absl::OkStatus();
  }
  if (!node.IsMap()) {
    return ErrorAt(node.Mark(), fmt::format("{} must be a mapping", what));
  }
  std::vector<std::string> seen;
  for (const auto& entry : node) {
    const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return ErrorAt(entry.first.Mark(), fmt::format("key {} occurs twice", name));
    }
    seen.push_back(name);
    RETURN_IF_ERROR(read(entry.first, entry.second));
  }
  return absl::OkStatus();
}

// Calls `read` for each element of the list `node`; nothing is an empty list.
template <typename Read>
absl::Status ForEachElement(const YAML::Node& node, std::string_view what, Read read) {
  if (!node.IsSequence() && !node.IsNull()) {
    return ErrorAt(node.Mark(), fmt::format("{} must be a list", what));
  }
  for (const YAML::Node& element : node) {
    RETURN_IF_ERROR(read(element));
  }
  return absl::OkStatus();
}

inline absl::StatusOr<std::string> ReadText(const YAML::Node& node, std::string_view what) {
  if (!node.IsScalar() || node.Scalar().empty()) {
    return ErrorAt(node.Mark(), fmt::format("{} must be a text", what));
  }
  return node.Scalar();
}

inline absl::StatusOr<std::vector<std::string>> ReadTexts(const YAML::Node& node,
                                                          std::string_view what) {
  std::vector<std::string> texts;
  RETURN_IF_ERROR(ForEachElement(node, what, [&](const YAML::Node& element) -> absl::Status {
    ASSIGN_OR_RETURN(texts.emplace_back(), ReadText(element, fmt::format("an entry of {}", what)));
    return absl::OkStatus();
  }));
  return texts;
}

// Milliseconds; "0" has no unit.
inline std::optional<int64_t> ParseConfigDuration(std::string_view text) {
  if (text == "0") {
    return 0;
  }
  const auto ms = query::ParseDurationMs(text);
  return ms.ok() ? std::optional(*ms) : std::nullopt;
}

// A duration of at least `min_ms`.
inline absl::StatusOr<int64_t> ReadDuration(const YAML::Node& node, std::string_view what,
                                            int64_t min_ms) {
  const auto ms = node.IsScalar() ? ParseConfigDuration(node.Scalar()) : std::nullopt;
  if (!ms.has_value()) {
    return ErrorAt(node.Mark(), fmt::format("{} must be a duration like 15s", what));
  }
  if (*ms < min_ms) {
    return ErrorAt(node.Mark(),
                   fmt::format("{} must be at least {}", what, query::FormatDuration(min_ms)));
  }
  return *ms;
}

}  // namespace tidemark::server
