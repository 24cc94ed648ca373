#include "alert/rules/rule_parser.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "alert/template/template.h"
#include "alert/yaml/scalar_position.h"
#include "alert/yaml/yaml_reader.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/engine/label_text.h"
#include "query/parser/parser.h"
#include "query/parser/quote.h"
#include "yaml-cpp/yaml.h"

namespace tidemark::alert {
namespace {

using query::Quote;

// A message that begins with "LINE:COL: ", taken apart.
struct PlacedMessage {
  FilePosition position;
  std::string_view message;
};

PlacedMessage TakePosition(std::string_view text) {
  PlacedMessage placed{{1, 1}, text};
  const char* const end = text.data() + text.size();
  FilePosition position;
  const auto line = std::from_chars(text.data(), end, position.line);
  if (line.ec != std::errc() || line.ptr == end || *line.ptr != ':') {
    return placed;
  }
  const auto column = std::from_chars(line.ptr + 1, end, position.column);
  if (column.ec != std::errc() || std::string_view(column.ptr, end).substr(0, 2) != ": ") {
    return placed;
  }
  return {position, std::string_view(column.ptr + 2, end)};
}

// The line that a message about a template, "template: NAME:LINE: CAUSE", names.
int LineOfTemplateError(std::string_view text, std::string_view alert) {
  const std::string prefix = fmt::format("template: __alert_{}:", alert);
  int line = 1;
  if (text.starts_with(prefix)) {
    std::from_chars(text.data() + prefix.size(), text.data() + text.size(), line);
  }
  return line;
}

// What is known of a rule while it is read: its fields with the nodes they came from.
struct RuleNodes {
  std::map<std::string, YamlEntry, std::less<>> fields;

  const YamlEntry* Find(std::string_view key) const {
    const auto it = fields.find(key);
    return it == fields.end() ? nullptr : &it->second;
  }
};

constexpr std::string_view kRuleKeys[] = {"alert",           "annotations", "expr",  "for",
                                          "keep_firing_for", "labels",      "record"};

bool IsRuleKey(std::string_view key) {
  return std::find(std::begin(kRuleKeys), std::end(kRuleKeys), key) != std::end(kRuleKeys);
}

// RuleFileReader fills a ParsedRuleFile from the nodes of a document.
class RuleFileReader {
 public:
  RuleFileReader(std::string_view path, std::string_view text)
      : text_(text), yaml_(path), file_{std::string(path), {}} {}

  ParsedRuleFile Run() {
    try {
      ReadDocument(YAML::Load(std::string(text_)));
    } catch (const YAML::Exception& e) {
      yaml_.set_subject("");
      yaml_.Error({e.mark.line + 1, e.mark.column + 1}, e.msg);
    }
    Sort(&yaml_.errors());
    Sort(&yaml_.warnings());
    return {std::move(file_), std::move(yaml_.errors()), std::move(yaml_.warnings())};
  }

 private:
  static void Sort(std::vector<FileFinding>* findings) {
    std::stable_sort(findings->begin(), findings->end(), [](const auto& a, const auto& b) {
      return std::pair(a.position.line, a.position.column) <
             std::pair(b.position.line, b.position.column);
    });
  }

  void ReadDocument(const YAML::Node& document) {
    for (const YamlEntry& entry : yaml_.Entries(document, "a rule file")) {
      if (entry.key != "groups") {
        UnknownKey(entry, "a rule file");
        continue;
      }
      for (const YAML::Node& group : yaml_.Elements(entry.value, "groups")) {
        ReadGroup(group);
        yaml_.set_subject("");
      }
    }
  }

  void UnknownKey(const YamlEntry& entry, std::string_view what) {
    yaml_.Error(entry.key_position, fmt::format("unknown key {} in {}", Quote(entry.key), what));
  }

  void ReadGroup(const YAML::Node& node) {
    RuleGroup group;
    group.file = file_.path;
    const std::vector<YamlEntry> entries = yaml_.Entries(node, "a group");
    group.position = entries.empty() ? PositionOf(node) : entries.front().key_position;
    ReadGroupName(entries, &group);
    for (const YamlEntry& entry : entries) {
      ReadGroupField(entry, &group);
    }
    ReportDuplicates(group);
    file_.groups.push_back(std::move(group));
  }

  void ReadGroupName(const std::vector<YamlEntry>& entries, RuleGroup* group) {
    const auto name = std::find_if(entries.begin(), entries.end(),
                                   [](const YamlEntry& entry) { return entry.key == "name"; });
    if (name != entries.end()) {
      group->name = yaml_.Text(name->value, "the name of a group").value_or("");
    }
    if (group->name.empty()) {
      yaml_.Error(group->position, "a group must have a name");
      return;
    }
    yaml_.set_subject(fmt::format("group {}", Quote(group->name)));
    const auto [known, is_new] = group_lines_.emplace(group->name, group->position.line);
    if (!is_new) {
      yaml_.Error(
          group->position,
          fmt::format("the name occurs twice in this file, first in line {}", known->second));
    }
  }

  void ReadGroupField(const YamlEntry& entry, RuleGroup* group) {
    if (entry.key == "name") {
      return;
    }
    if (entry.key == "interval") {
      group->interval_ms = yaml_.Duration(entry.value, "interval").value_or(0);
    } else if (entry.key == "query_offset") {
      group->query_offset_ms = yaml_.Duration(entry.value, "query_offset");
    } else if (entry.key == "limit") {
      group->limit = std::max<int64_t>(0, yaml_.Integer(entry.value, "limit").value_or(0));
    } else if (entry.key == "labels") {
      group->labels = ReadLabels(entry.value, "label");
    } else if (entry.key == "rules") {
      ReadRules(entry.value, group);
    } else {
      UnknownKey(entry, "a group");
    }
  }

  void ReadRules(const YAML::Node& node, RuleGroup* group) {
    size_t number = 0;
    for (const YAML::Node& rule : yaml_.Elements(node, "rules")) {
      group->rules.push_back(ReadRule(rule, group->name, ++number));
      yaml_.set_subject(fmt::format("group {}", Quote(group->name)));
    }
  }

  Rule ReadRule(const YAML::Node& node, std::string_view group, size_t number) {
    const std::string subject = fmt::format("group {}, rule {}", Quote(group), number);
    yaml_.set_subject(subject);
    RuleNodes nodes;
    Rule rule;
    rule.position = PositionOf(node);
    std::vector<YamlEntry> unknown;
    for (YamlEntry& entry : yaml_.Entries(node, "a rule")) {
      if (nodes.fields.empty() && unknown.empty()) {
        rule.position = entry.key_position;
      }
      if (IsRuleKey(entry.key)) {
        nodes.fields.emplace(entry.key, entry);
      } else {
        unknown.push_back(entry);
      }
    }
    ReadKindAndName(nodes, &rule);
    if (!rule.name.empty()) {
      yaml_.set_subject(fmt::format("{}, {}", subject, Quote(rule.name)));
    }
    for (const YamlEntry& entry : unknown) {
      UnknownKey(entry, "a rule");
    }
    if (rule.kind == RuleKind::kRecord) {
      CheckRecordName(*nodes.Find("record"), rule.name);
    }
    ReadExpr(nodes, &rule);
    ReadDurations(nodes, &rule);
    ReadTexts(nodes, &rule);
    return rule;
  }

  std::string TextOf(const RuleNodes& nodes, std::string_view key) {
    const YamlEntry* entry = nodes.Find(key);
    return entry == nullptr ? "" : yaml_.Text(entry->value, key).value_or("");
  }

  void ReadKindAndName(const RuleNodes& nodes, Rule* rule) {
    const std::string alert = TextOf(nodes, "alert");
    const std::string record = TextOf(nodes, "record");
    rule->kind = record.empty() ? RuleKind::kAlert : RuleKind::kRecord;
    rule->name = record.empty() ? alert : record;
    if (alert.empty() && record.empty()) {
      yaml_.Error(rule->position, "one of alert and record must be set");
    } else if (!alert.empty() && !record.empty()) {
      yaml_.Error(nodes.Find("record")->key_position, "only one of alert and record may be set");
    }
  }

  void CheckRecordName(const YamlEntry& entry, const std::string& name) {
    const FilePosition position = PositionOf(entry.value);
    if (!query::IsValidUtf8(name)) {
      yaml_.Error(position, fmt::format("{} is not a name of a metric", Quote(name)));
    } else if (name.find_first_of("{}") != std::string::npos) {
      yaml_.Error(position,
                  fmt::format("the name {} has braces: should it be in expr?", Quote(name)));
    }
  }

  void ReadExpr(const RuleNodes& nodes, Rule* rule) {
    const YamlEntry* entry = nodes.Find("expr");
    rule->expr = TextOf(nodes, "expr");
    if (rule->expr.empty()) {
      yaml_.Error(entry == nullptr ? rule->position : entry->key_position, "expr must be set");
      return;
    }
    const ScalarPositions positions(text_, PositionOf(entry->value), rule->expr);
    rule->expr_position = positions.Of(0);
    const auto parsed = query::ParseExpr(rule->expr);
    if (!parsed.ok()) {
      const PlacedMessage placed = TakePosition(base::Message(parsed.status()));
      yaml_.Error(positions.Of(OffsetOf(rule->expr, placed.position)),
                  fmt::format("expr: {}", placed.message));
    }
  }

  void ReadDurations(const RuleNodes& nodes, Rule* rule) {
    const std::pair<std::string_view, int64_t*> fields[] = {
        {"for", &rule->for_ms}, {"keep_firing_for", &rule->keep_firing_for_ms}};
    for (const auto& [key, ms] : fields) {
      const YamlEntry* entry = nodes.Find(key);
      if (entry == nullptr) {
        continue;
      }
      *ms = yaml_.Duration(entry->value, key).value_or(0);
      if (rule->kind == RuleKind::kRecord && *ms != 0) {
        NotOfRecordingRules(*entry);
      }
    }
  }

  void NotOfRecordingRules(const YamlEntry& entry) {
    yaml_.Error(entry.key_position, fmt::format("a recording rule has no {}", entry.key));
  }

  void ReadTexts(const RuleNodes& nodes, Rule* rule) {
    if (const YamlEntry* labels = nodes.Find("labels"); labels != nullptr) {
      rule->labels = ReadLabels(labels->value, "label");
      CheckTemplates(labels->value, "label", *rule);
    }
    if (const YamlEntry* annotations = nodes.Find("annotations"); annotations != nullptr) {
      rule->annotations = ReadLabels(annotations->value, "annotation");
      if (rule->kind == RuleKind::kRecord && !rule->annotations.empty()) {
        NotOfRecordingRules(*annotations);
      }
      CheckTemplates(annotations->value, "annotation", *rule);
    }
  }

  // Labels, or annotations, whose names are as free as those of labels.
  TextPairs ReadLabels(const YAML::Node& node, std::string_view what) {
    std::map<std::string, std::string> pairs;
    for (const YamlEntry& entry : yaml_.Entries(node, fmt::format("{}s", what))) {
      const std::string value =
          yaml_.Text(entry.value, fmt::format("{} {}", what, Quote(entry.key))).value_or("");
      const bool reserved = what == "label" && entry.key == model::kMetricName;
      if (!query::IsLabelName(entry.key) || reserved) {
        yaml_.Error(entry.key_position, fmt::format("{} is not a name of a {}{}", Quote(entry.key),
                                                    what, reserved ? " of a rule" : ""));
      } else if (!query::IsValidUtf8(value)) {
        yaml_.Error(PositionOf(entry.value),
                    fmt::format("{} {} is not UTF-8", what, Quote(entry.key)));
      } else {
        pairs.emplace(entry.key, value);
      }
    }
    return {pairs.begin(), pairs.end()};
  }

  // The texts of alerts are templates.
  void CheckTemplates(const YAML::Node& node, std::string_view what, const Rule& rule) {
    if (rule.kind != RuleKind::kAlert || !node.IsMap()) {
      return;
    }
    for (const auto& entry : node) {
      const YAML::Node& name = entry.first;
      const YAML::Node& value = entry.second;
      if (!name.IsScalar() || !value.IsScalar()) {
        continue;
      }
      const auto parsed = Template::Parse(rule.name, value.Scalar());
      if (!parsed.ok()) {
        const std::string_view message = base::Message(parsed.status());
        const ScalarPositions positions(text_, PositionOf(value), value.Scalar());
        const int line = LineOfTemplateError(message, rule.name);
        yaml_.Error(positions.Of(OffsetOf(value.Scalar(), {line, 1})),
                    fmt::format("{} {}: {}", what, Quote(name.Scalar()), message));
      }
    }
  }

  // Two rules of one name and labels answer for the same series or alerts; the server takes them.
  void ReportDuplicates(const RuleGroup& group) {
    for (const Rule& rule : group.rules) {
      if (rule.name.empty()) {
        continue;
      }
      const auto key = std::pair(rule.name, LabelsOf(group, rule));
      const auto [known, is_new] = rule_lines_.emplace(key, rule.position.line);
      if (!is_new) {
        yaml_.Warn(rule.position,
                   fmt::format("{} occurs twice with the same labels, first in line {}",
                               Quote(rule.name), known->second));
      }
    }
  }

  const std::string_view text_;
  YamlReader yaml_;
  RuleFile file_;
  std::map<std::string, int> group_lines_;
  std::map<std::pair<std::string, TextPairs>, int> rule_lines_;
};

}  // namespace

ParsedRuleFile ParseRuleFile(std::string_view path, std::string_view text) {
  return RuleFileReader(path, text).Run();
}

}  // namespace tidemark::alert
