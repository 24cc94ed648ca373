#include "server/config/config.h"

#include <charconv>
#include <limits>
#include <optional>

#include "query/parser/parser.h"
#include "server/config/internal/yaml_entries.h"

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

const LimitKey* FindLimit(std::string_view name) {
  for (const LimitKey& key : kLimitKeys) {
    if (key.name == name) {
      return &key;
    }
  }
  return nullptr;
}

std::optional<int64_t> ParseValue(std::string_view text, Unit unit) {
  if (unit == Unit::kDuration) {
    return ParseConfigDuration(text);
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
    return ErrorAt(name.Mark(), fmt::format("unknown key limits.{}", KeyOf(name)));
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

absl::Status ReadLimits(const YAML::Node& node, Limits* limits) {
  return ForEachEntry(node, "limits", [limits](const YAML::Node& name, const YAML::Node& value) {
    return ReadLimit(name, value, limits);
  });
}

absl::Status ReadOverrideKey(const YAML::Node& name, const YAML::Node& value,
                             RetentionOverride* override) {
  const std::string key = KeyOf(name);
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
      return ErrorAt(name.Mark(), fmt::format("unknown key storage.{}", KeyOf(name)));
    }
    return ForEachElement(value, "storage.retention", [config](const YAML::Node& entry) {
      return ReadOverride(entry, &config->retention);
    });
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

// Puts a word in place of what nobody is to read.
void MaskSecrets(YAML::Node node) {
  static constexpr std::string_view kSecrets[] = {"password", "credentials", "bearer_token"};
  for (auto entry : node) {
    if (node.IsSequence()) {
      MaskSecrets(entry);
    } else if (std::find(std::begin(kSecrets), std::end(kSecrets), KeyOf(entry.first)) !=
               std::end(kSecrets)) {
      entry.second = "<secret>";
    } else {
      MaskSecrets(entry.second);
    }
  }
}

absl::Status ReadAlerting(const YAML::Node& node, Config* config) {
  alert::ParsedAlertingConfig parsed = alert::ParseAlertingConfig("", node);
  if (!parsed.errors.empty()) {
    const alert::FileFinding& first = parsed.errors.front();
    return absl::InvalidArgumentError(
        fmt::format("line {}: alerting: {}", first.position.line, first.message));
  }
  config->alerting = std::move(parsed.config);
  YAML::Node shown;
  shown["alerting"] = YAML::Clone(node);
  MaskSecrets(shown["alerting"]);
  config->alerting_yaml = YAML::Dump(shown) + "\n";
  return absl::OkStatus();
}

absl::Status ReadSection(const YAML::Node& name, const YAML::Node& value, Config* config) {
  const std::string key = KeyOf(name);
  if (key == "limits") {
    return ReadLimits(value, &config->limits);
  }
  if (key == "storage") {
    return ReadStorage(value, config);
  }
  if (key == "alerting") {
    return ReadAlerting(value, config);
  }
  absl::Status read = ReadRulesSection(key, value, &config->rules);
  return absl::IsNotFound(read) ? ErrorAt(name.Mark(), fmt::format("unknown key {}", key)) : read;
}

absl::StatusOr<Config> ReadDocument(const YAML::Node& document) {
  Config config;
  RETURN_IF_ERROR(ForEachEntry(document, "the configuration",
                               [&config](const YAML::Node& name, const YAML::Node& value) {
                                 return ReadSection(name, value, &config);
                               }));
  return config;
}

void Resolve(std::string_view folder, std::string* path) {
  if (!path->empty() && path->front() != '/' && !folder.empty()) {
    *path = fmt::format("{}/{}", folder, *path);
  }
}

// Every section behind `limits` and `storage`, with its name.
std::vector<std::pair<std::string, std::string>> AlertSections(const Config& config) {
  auto sections = RulesYaml(config.rules);
  sections.emplace_back("alerting", config.alerting_yaml);
  return sections;
}

}  // namespace

absl::StatusOr<Config> ParseConfig(std::string_view yaml) {
  try {
    return ReadDocument(YAML::Load(std::string(yaml)));
  } catch (const YAML::Exception& e) {
    return ErrorAt(e.mark, e.msg);
  }
}

void ResolvePaths(std::string_view folder, Config* config) {
  for (std::string& pattern : config->rules.files) {
    Resolve(folder, &pattern);
  }
  for (alert::AlertmanagerGroup& group : config->alerting.alertmanagers) {
    for (std::string* path :
         {&group.http.password_file, &group.http.credentials_file, &group.http.tls.ca_file,
          &group.http.tls.cert_file, &group.http.tls.key_file}) {
      Resolve(folder, path);
    }
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
  for (const auto& [name, text] : AlertSections(config)) {
    yaml += text;
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
  const auto old_sections = AlertSections(before);
  const auto new_sections = AlertSections(after);
  for (size_t i = 0; i < old_sections.size(); ++i) {
    if (old_sections[i] != new_sections[i]) {
      changes.push_back(fmt::format("{}: says something else", old_sections[i].first));
    }
  }
  if (before.alerting != after.alerting && before.alerting_yaml == after.alerting_yaml) {
    changes.push_back("alerting: has other secrets");
  }
  return changes;
}

}  // namespace tidemark::server
