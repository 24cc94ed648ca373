#include "server/config/config.h"

#include <charconv>
#include <limits>
#include <optional>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/duration.h"
#include "query/parser/parser.h"
#include "yaml-cpp/yaml.h"

namespace tidemark::server {
namespace {

enum class Unit { kNumber, kDuration };

// One key below `limits`.
struct LimitKey {
  std::string_view name;
  Unit unit;
  int64_t min;
  int64_t max;
  int64_t (*get)(const Limits&);
  void (*set)(Limits*, int64_t);
};

template <auto kMember>
constexpr LimitKey Key(std::string_view name, Unit unit, int64_t min, int64_t max) {
  return {name,
          unit,
          min,
          max,
          [](const Limits& limits) { return static_cast<int64_t>(limits.*kMember); },
          [](Limits* limits, int64_t value) {
            limits->*kMember =
                static_cast<std::remove_reference_t<decltype(limits->*kMember)>>(value);
          }};
}

constexpr int64_t kMaxBytes = 1 << 30;

constexpr LimitKey kLimitKeys[] = {
    Key<&Limits::max_labels_per_series>("max_labels_per_series", Unit::kNumber, 1, 10'000),
    Key<&Limits::max_label_name_bytes>("max_label_name_bytes", Unit::kNumber, 1, kMaxBytes),
    Key<&Limits::max_label_value_bytes>("max_label_value_bytes", Unit::kNumber, 1, kMaxBytes),
    Key<&Limits::max_request_bytes>("max_request_bytes", Unit::kNumber, 1024, kMaxBytes),
    Key<&Limits::max_sample_future_ms>("max_sample_future", Unit::kDuration, 0,
                                       std::numeric_limits<int64_t>::max()),
};

absl::Status ErrorAt(const YAML::Mark& mark, std::string_view text) {
  return absl::InvalidArgumentError(fmt::format("line {}: {}", mark.line + 1, text));
}

const LimitKey* FindLimit(std::string_view name) {
  for (const LimitKey& key : kLimitKeys) {
    if (key.name == name) {
      return &key;
    }
  }
  return nullptr;
}

std::optional<int64_t> ParseValue(std::string_view text, Unit unit) {
  if (unit == Unit::kDuration && text != "0") {
    const auto ms = query::ParseDurationMs(text);
    return ms.ok() ? std::optional(*ms) : std::nullopt;
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

std::string ValueText(int64_t value, Unit unit) {
  return unit == Unit::kDuration ? query::FormatDuration(value) : std::to_string(value);
}

absl::Status ReadLimit(const YAML::Node& name, const YAML::Node& value, Limits* limits) {
  const LimitKey* key = name.IsScalar() ? FindLimit(name.Scalar()) : nullptr;
  if (key == nullptr) {
    return ErrorAt(name.Mark(),
                   fmt::format("unknown key limits.{}", name.IsScalar() ? name.Scalar() : "?"));
  }
  const std::optional<int64_t> number =
      value.IsScalar() ? ParseValue(value.Scalar(), key->unit) : std::nullopt;
  if (!number.has_value()) {
    return ErrorAt(value.Mark(),
                   fmt::format("limits.{} must be {}", key->name,
                               key->unit == Unit::kNumber ? "an integer" : "a duration like 10m"));
  }
  if (*number < key->min || *number > key->max) {
    return ErrorAt(value.Mark(),
                   fmt::format("limits.{} must be between {} and {}", key->name,
                               ValueText(key->min, key->unit), ValueText(key->max, key->unit)));
  }
  key->set(limits, *number);
  return absl::OkStatus();
}

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

absl::Status ReadLimits(const YAML::Node& node, Limits* limits) {
  return ForEachEntry(node, "limits", [limits](const YAML::Node& name, const YAML::Node& value) {
    return ReadLimit(name, value, limits);
  });
}

absl::Status ReadOverrideKey(const YAML::Node& name, const YAML::Node& value,
                             RetentionOverride* override) {
  const std::string key = name.IsScalar() ? name.Scalar() : "?";
  if (key == "match") {
    override->match = value.IsScalar() ? value.Scalar() : "";
    const absl::Status parsed = query::ParseSelector(override->match).status();
    return parsed.ok() ? parsed
                       : ErrorAt(value.Mark(), fmt::format("storage.retention: match: {}",
                                                           base::Message(parsed)));
  }
  if (key == "keep") {
    const auto keep = value.IsScalar() ? ParseValue(value.Scalar(), Unit::kDuration) : std::nullopt;
    if (!keep.has_value() || *keep < 0) {
      return ErrorAt(value.Mark(), "storage.retention: keep must be a duration like 30d, or 0");
    }
    override->keep_ms = *keep;
    return absl::OkStatus();
  }
  return ErrorAt(name.Mark(), fmt::format("unknown key {} in storage.retention", key));
}

absl::Status ReadOverride(const YAML::Node& node, std::vector<RetentionOverride>* retention) {
  RetentionOverride& override = retention->emplace_back();
  RETURN_IF_ERROR(ForEachEntry(node, "an entry of storage.retention",
                               [&override](const YAML::Node& name, const YAML::Node& value) {
                                 return ReadOverrideKey(name, value, &override);
                               }));
  if (!node.IsMap() || !node["match"] || !node["keep"]) {
    return ErrorAt(node.Mark(), "an entry of storage.retention needs match and keep");
  }
  return absl::OkStatus();
}

absl::Status ReadStorage(const YAML::Node& node, Config* config) {
  return ForEachEntry(node, "storage", [config](const YAML::Node& name, const YAML::Node& value) {
    if (!name.IsScalar() || name.Scalar() != "retention") {
      return ErrorAt(name.Mark(),
                     fmt::format("unknown key storage.{}", name.IsScalar() ? name.Scalar() : "?"));
    }
    if (!value.IsSequence() && !value.IsNull()) {
      return ErrorAt(value.Mark(), "storage.retention must be a list");
    }
    for (const YAML::Node& entry : value) {
      RETURN_IF_ERROR(ReadOverride(entry, &config->retention));
    }
    return absl::OkStatus();
  });
}

std::string RetentionText(const Config& config) {
  std::string text;
  for (const RetentionOverride& override : config.retention) {
    YAML::Emitter match;
    match << YAML::SingleQuoted << override.match;
    text += fmt::format("    - match: {}\n      keep: {}\n", match.c_str(),
                        ValueText(override.keep_ms, Unit::kDuration));
  }
  return text;
}

absl::StatusOr<Config> ReadDocument(const YAML::Node& document) {
  Config config;
  RETURN_IF_ERROR(ForEachEntry(
      document, "the configuration", [&config](const YAML::Node& name, const YAML::Node& value) {
        if (name.IsScalar() && name.Scalar() == "limits") {
          return ReadLimits(value, &config.limits);
        }
        if (name.IsScalar() && name.Scalar() == "storage") {
          return ReadStorage(value, &config);
        }
        return ErrorAt(name.Mark(),
                       fmt::format("unknown key {}", name.IsScalar() ? name.Scalar() : "?"));
      }));
  return config;
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  try {
    return ReadDocument(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& e) {
    return ErrorAt(e.mark, e.msg);
  }
}

std::string ToYaml(const Config& config) {
  std::string yaml = "limits:\n";
  for (const LimitKey& key : kLimitKeys) {
    yaml += fmt::format("  {}: {}\n", key.name, ValueText(key.get(config.limits), key.unit));
  }
  if (!config.retention.empty()) {
    yaml += "storage:\n  retention:\n" + RetentionText(config);
  }
  return yaml;
}

std::vector<std::string> Differences(const Config& before, const Config& after) {
  std::vector<std::string> changes;
  for (const LimitKey& key : kLimitKeys) {
    const int64_t old_value = key.get(before.limits);
    const int64_t new_value = key.get(after.limits);
    if (old_value != new_value) {
      changes.push_back(fmt::format("limits.{}: {} -> {}", key.name, ValueText(old_value, key.unit),
                                    ValueText(new_value, key.unit)));
    }
  }
  if (before.retention != after.retention) {
    changes.push_back(fmt::format("storage.retention: {} entries -> {} entries",
                                  before.retention.size(), after.retention.size()));
  }
  return changes;
}

}  // namespace tidemark::server
