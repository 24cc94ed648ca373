#include "alert/unittest/internal/yaml_fields.h"

#include <algorithm>
#include <cmath>

#include "absl/time/time.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/number_text.h"
#include "query/parser/duration.h"

namespace tidemark::alert {
namespace {

// YAML's own spellings of numbers that PromQL spells differently.
std::optional<double> ParseYamlNumber(const std::string& text) {
  if (text == ".nan" || text == ".NaN" || text == ".NAN") {
    return std::nan("");
  }
  const bool negative = text.starts_with('-');
  const std::string_view magnitude =
      std::string_view(text).substr(negative || text.starts_with('+') ? 1 : 0);
  if (magnitude == ".inf" || magnitude == ".Inf" || magnitude == ".INF") {
    return negative ? -INFINITY : INFINITY;
  }
  return query::ParseFloat(text);
}

std::optional<model::Timestamp> ParseTime(const std::string& text) {
  if (const std::optional<double> seconds = query::ParseFloat(text)) {
    constexpr double kMaxSeconds = 1e11;  // in the year 5138
    return std::abs(*seconds) <= kMaxSeconds ? std::optional(std::llround(*seconds * 1000))
                                             : std::nullopt;
  }
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::ToUnixMillis(time);
  }
  return std::nullopt;
}

}  // namespace

FilePosition PlaceOf(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return {mark.line + 1, mark.column + 1};
}

absl::Status ErrorAt(std::string_view path, const YAML::Node& node, std::string_view text) {
  const FilePosition at = PlaceOf(node);
  return absl::InvalidArgumentError(fmt::format("{}:{}:{}: {}", path, at.line, at.column, text));
}

Fields::Fields(std::string_view path, const YAML::Node& node) : path_(path), node_(node) {
  if (!node.IsMap()) {
    Wrong(node, "not a mapping");
  }
}

void Fields::Wrong(const YAML::Node& node, std::string_view text) {
  status_.Update(ErrorAt(path_, node, text));
}

std::optional<YAML::Node> Fields::Take(const char* key) {
  asked_.insert(key);
  if (!node_.IsMap()) {
    return std::nullopt;
  }
  const YAML::Node found = node_[key];
  return found.IsDefined() && !found.IsNull() ? std::optional(found) : std::nullopt;
}

std::optional<YAML::Node> Fields::TakeScalar(const char* key) {
  const std::optional<YAML::Node> at = Take(key);
  if (at.has_value() && !at->IsScalar()) {
    Wrong(*at, fmt::format("{} is not a text", key));
    return std::nullopt;
  }
  return at;
}

void Fields::Text(const char* key, std::string* out) {
  if (const auto at = TakeScalar(key)) {
    *out = at->Scalar();
  }
}

void Fields::Bool(const char* key, bool* out) {
  const auto at = TakeScalar(key);
  if (at && !YAML::convert<bool>::decode(*at, *out)) {
    Wrong(*at, fmt::format("{} is neither true nor false: {}", key, at->Scalar()));
  }
}

void Fields::Number(const char* key, double* out) {
  const auto at = TakeScalar(key);
  if (!at) {
    return;
  }
  if (const std::optional<double> number = ParseYamlNumber(at->Scalar())) {
    *out = *number;
  } else {
    Wrong(*at, fmt::format("{} is not a number: {}", key, at->Scalar()));
  }
}

void Fields::DurationMs(const char* key, int64_t* out) {
  const auto at = TakeScalar(key);
  if (!at) {
    return;
  }
  const absl::StatusOr<int64_t> ms = query::ParseDurationMs(at->Scalar());
  if (ms.ok() || at->Scalar() == "0") {
    *out = ms.value_or(0);
  } else {
    Wrong(*at, fmt::format("{} is not a duration like 5m: {}", key, at->Scalar()));
  }
}

void Fields::Time(const char* key, model::Timestamp* out) {
  const auto at = TakeScalar(key);
  if (!at) {
    return;
  }
  if (const std::optional<model::Timestamp> time = ParseTime(at->Scalar())) {
    *out = *time;
  } else {
    Wrong(*at, fmt::format("{} is neither an RFC 3339 time nor seconds: {}", key, at->Scalar()));
  }
}

void Fields::Texts(const char* key, std::vector<std::string>* out) {
  Each(key, [&](const YAML::Node& entry) {
    if (!entry.IsScalar()) {
      return ErrorAt(path_, entry, fmt::format("an entry of {} is not a text", key));
    }
    out->push_back(entry.Scalar());
    return absl::OkStatus();
  });
}

void Fields::Pairs(const char* key, TextPairs* out) {
  const auto map = Take(key);
  if (!map) {
    return;
  }
  if (!map->IsMap()) {
    return Wrong(*map, fmt::format("{} is not a mapping", key));
  }
  for (const auto& entry : *map) {
    if (!entry.second.IsScalar() && !entry.second.IsNull()) {
      return Wrong(entry.second, fmt::format("{} holds something that is not a text", key));
    }
    out->emplace_back(entry.first.Scalar(), entry.second.IsNull() ? "" : entry.second.Scalar());
  }
  std::sort(out->begin(), out->end());
}

void Fields::Each(const char* key, absl::FunctionRef<absl::Status(const YAML::Node&)> read) {
  const auto list = Take(key);
  if (!list) {
    return;
  }
  if (!list->IsSequence()) {
    return Wrong(*list, fmt::format("{} is not a list", key));
  }
  for (const YAML::Node& entry : *list) {
    status_.Update(read(entry));
  }
}

absl::Status Fields::Done() {
  if (!node_.IsMap()) {
    return status_;
  }
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    const std::string& key = entry.first.Scalar();
    if (!asked_.contains(key)) {
      Wrong(entry.first, fmt::format("unknown key {}", key));
    } else if (!seen.insert(key).second) {
      Wrong(entry.first, fmt::format("key {} stands twice", key));
    }
  }
  return status_;
}

}  // namespace tidemark::alert
