#include "server/config/rules_config.h"

#include <algorithm>

#include "server/config/internal/yaml_entries.h"

namespace tidemark::server {
namespace {

absl::Status UnknownKey(const YAML::Node& name, std::string_view where) {
  return ErrorAt(name.Mark(), fmt::format("unknown key {} in {}", KeyOf(name), where));
}

bool IsLabelName(std::string_view name) { return !name.empty() && name != "__name__"; }

absl::Status ReadExternalLabels(const YAML::Node& node, RulesConfig* config) {
  return ForEachEntry(
      node, "global.external_labels",
      [config](const YAML::Node& name, const YAML::Node& value) -> absl::Status {
        if (!value.IsScalar() || !name.IsScalar() || !IsLabelName(name.Scalar())) {
          return ErrorAt(name.Mark(), "global.external_labels must be names of labels with texts");
        }
        config->external_labels[name.Scalar()] = value.Scalar();
        return absl::OkStatus();
      });
}

absl::Status ReadGlobal(const YAML::Node& node, RulesConfig* config) {
  return ForEachEntry(node, "global",
                      [config](const YAML::Node& name, const YAML::Node& value) -> absl::Status {
                        const std::string key = KeyOf(name);
                        if (key == "evaluation_interval") {
                          ASSIGN_OR_RETURN(config->evaluation_interval_ms,
                                           ReadDuration(value, "global.evaluation_interval", 1));
                        } else if (key == "rule_query_offset") {
                          ASSIGN_OR_RETURN(config->query_offset_ms,
                                           ReadDuration(value, "global.rule_query_offset", 0));
                        } else if (key == "external_labels") {
                          return ReadExternalLabels(value, config);
                        } else {
                          return UnknownKey(name, "global");
                        }
                        return absl::OkStatus();
                      });
}

absl::Status ReadIdentityLabels(const YAML::Node& node, RulesConfig* config) {
  config->identity.names.clear();
  return ForEachElement(node, "identity.labels", [config](const YAML::Node& set) -> absl::Status {
    // One name alone may stand for a set of one.
    ASSIGN_OR_RETURN(std::vector<std::string> names,
                     set.IsScalar() ? absl::StatusOr<std::vector<std::string>>({{set.Scalar()}})
                                    : ReadTexts(set, "identity.labels"));
    if (names.empty() || !std::all_of(names.begin(), names.end(), IsLabelName)) {
      return ErrorAt(set.Mark(), "an entry of identity.labels must be names of labels");
    }
    config->identity.names.push_back(std::move(names));
    return absl::OkStatus();
  });
}

absl::Status ReadIdentity(const YAML::Node& node, RulesConfig* config) {
  RETURN_IF_ERROR(ForEachEntry(
      node, "identity", [config](const YAML::Node& name, const YAML::Node& value) -> absl::Status {
        const std::string key = KeyOf(name);
        fleet::IdentityRules& identity = config->identity;
        if (key == "labels") {
          return ReadIdentityLabels(value, config);
        }
        if (key == "sender_labels") {
          ASSIGN_OR_RETURN(identity.sender, ReadTexts(value, "identity.sender_labels"));
          return absl::OkStatus();
        }
        if (key == "replica_labels") {
          ASSIGN_OR_RETURN(identity.replica, ReadTexts(value, "identity.replica_labels"));
          return absl::OkStatus();
        }
        return UnknownKey(name, "identity");
      }));
  if (config->identity.names.empty()) {
    return absl::OkStatus();
  }
  const absl::Status checked = fleet::CheckIdentityRules(config->identity);
  return checked.ok() ? checked
                      : ErrorAt(node.Mark(), fmt::format("identity: {}", base::Message(checked)));
}

absl::StatusOr<bool> ReadBool(const YAML::Node& node, std::string_view what) {
  const std::string text = KeyOf(node);
  if (text != "true" && text != "false") {
    return ErrorAt(node.Mark(), fmt::format("{} must be true or false", what));
  }
  return text == "true";
}

absl::Status ReadGroupKey(const YAML::Node& name, const YAML::Node& value, GroupMarks* marks) {
  const std::string key = KeyOf(name);
  if (key == "name") {
    ASSIGN_OR_RETURN(marks->name, ReadText(value, "rules.groups: name"));
  } else if (key == "fleet_wide") {
    ASSIGN_OR_RETURN(marks->fleet_wide, ReadBool(value, "rules.groups: fleet_wide"));
  } else if (key == "absence") {
    const std::string text = KeyOf(value);
    if (text != "hold" && text != "resolve") {
      return ErrorAt(value.Mark(), "rules.groups: absence must be hold or resolve");
    }
    marks->release_silent = text == "resolve";
  } else {
    return UnknownKey(name, "rules.groups");
  }
  return absl::OkStatus();
}

absl::Status ReadGroup(const YAML::Node& node, RulesConfig* config) {
  GroupMarks marks;
  RETURN_IF_ERROR(ForEachEntry(node, "an entry of rules.groups",
                               [&marks](const YAML::Node& name, const YAML::Node& value) {
                                 return ReadGroupKey(name, value, &marks);
                               }));
  if (marks.name.empty()) {
    return ErrorAt(node.Mark(), "an entry of rules.groups needs a name");
  }
  if (config->MarksOf(marks.name).name == marks.name) {
    return ErrorAt(node.Mark(), fmt::format("rules.groups names {} twice", marks.name));
  }
  config->groups.push_back(std::move(marks));
  return absl::OkStatus();
}

absl::Status ReadRules(const YAML::Node& node, RulesConfig* config) {
  return ForEachEntry(
      node, "rules", [config](const YAML::Node& name, const YAML::Node& value) -> absl::Status {
        const std::string key = KeyOf(name);
        if (key == "settle") {
          ASSIGN_OR_RETURN(config->settle_ms, ReadDuration(value, "rules.settle", 0));
        } else if (key == "catch_up") {
          ASSIGN_OR_RETURN(config->catch_up_ms, ReadDuration(value, "rules.catch_up", 0));
        } else if (key == "tick") {
          ASSIGN_OR_RETURN(config->tick_ms, ReadDuration(value, "rules.tick", 10));
        } else if (key == "late_after") {
          ASSIGN_OR_RETURN(config->late_after_ms, ReadDuration(value, "rules.late_after", 1000));
        } else if (key == "groups") {
          return ForEachElement(value, "rules.groups", [config](const YAML::Node& group) {
            return ReadGroup(group, config);
          });
        } else {
          return UnknownKey(name, "rules");
        }
        return absl::OkStatus();
      });
}

// `text` as a scalar of YAML that nothing else can be taken for.
std::string Scalar(std::string_view text) {
  YAML::Emitter emitter;
  emitter << YAML::DoubleQuoted << std::string(text);
  return emitter.c_str();
}

std::string ListOf(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    list += (list.empty() ? "" : ", ") + Scalar(text);
  }
  return fmt::format("[{}]", list);
}

std::string GlobalYaml(const RulesConfig& config) {
  std::string yaml = fmt::format("  evaluation_interval: {}\n  rule_query_offset: {}\n",
                                 query::FormatDuration(config.evaluation_interval_ms),
                                 query::FormatDuration(config.query_offset_ms));
  if (!config.external_labels.empty()) {
    yaml += "  external_labels:\n";
    for (const auto& [name, value] : config.external_labels) {
      yaml += fmt::format("    {}: {}\n", Scalar(name), Scalar(value));
    }
  }
  return yaml;
}

std::string IdentityYaml(const RulesConfig& config) {
  const fleet::IdentityRules& identity = config.identity;
  std::string yaml = identity.names.empty() ? "  labels: []\n" : "  labels:\n";
  for (const std::vector<std::string>& names : identity.names) {
    yaml += fmt::format("    - {}\n", ListOf(names));
  }
  return yaml + fmt::format("  sender_labels: {}\n  replica_labels: {}\n", ListOf(identity.sender),
                            ListOf(identity.replica));
}

std::string SettingsYaml(const RulesConfig& config) {
  std::string yaml = fmt::format(
      "  settle: {}\n  catch_up: {}\n  tick: {}\n  late_after: {}\n",
      query::FormatDuration(config.settle_ms), query::FormatDuration(config.catch_up_ms),
      query::FormatDuration(config.tick_ms), query::FormatDuration(config.late_after_ms));
  yaml += config.groups.empty() ? "" : "  groups:\n";
  for (const GroupMarks& marks : config.groups) {
    yaml +=
        fmt::format("    - name: {}\n      fleet_wide: {}\n      absence: {}\n", Scalar(marks.name),
                    marks.fleet_wide, marks.release_silent ? "resolve" : "hold");
  }
  return yaml;
}

}  // namespace

GroupMarks RulesConfig::MarksOf(std::string_view group) const {
  const auto marks = std::find_if(groups.begin(), groups.end(),
                                  [group](const GroupMarks& m) { return m.name == group; });
  return marks == groups.end() ? GroupMarks() : *marks;
}

absl::Status ReadRulesSection(std::string_view section, const YAML::Node& node,
                              RulesConfig* config) {
  if (section == "global") {
    return ReadGlobal(node, config);
  }
  if (section == "rule_files") {
    ASSIGN_OR_RETURN(config->files, ReadTexts(node, "rule_files"));
    return absl::OkStatus();
  }
  if (section == "identity") {
    return ReadIdentity(node, config);
  }
  if (section == "rules") {
    return ReadRules(node, config);
  }
  return absl::NotFoundError("no section of rules");
}

std::vector<std::pair<std::string, std::string>> RulesYaml(const RulesConfig& config) {
  return {{"global", fmt::format("global:\n{}", GlobalYaml(config))},
          {"rule_files", fmt::format("rule_files: {}\n", ListOf(config.files))},
          {"identity", fmt::format("identity:\n{}", IdentityYaml(config))},
          {"rules", fmt::format("rules:\n{}", SettingsYaml(config))}};
}

}  // namespace tidemark::server
