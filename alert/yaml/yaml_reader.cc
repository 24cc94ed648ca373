#include "alert/yaml/yaml_reader.h"

#include <algorithm>
#include <charconv>

#include "fmt/format.h"
#include "query/parser/duration.h"
#include "query/parser/quote.h"

namespace tidemark::alert {
namespace {

// Merges of mappings into mappings, deep and in all, so that a small file stays small.
constexpr int kMaxMergeDepth = 10;
constexpr int kMaxMerges = 10'000;

const YamlEntry* FindEntry(const std::vector<YamlEntry>& entries, std::string_view key) {
  const auto it = std::find_if(entries.begin(), entries.end(),
                               [&](const YamlEntry& entry) { return entry.key == key; });
  return it == entries.end() ? nullptr : &*it;
}

}  // namespace

FilePosition PositionOf(const YAML::Node& node) {
  const YAML::Mark mark = node.Mark();
  return mark.is_null() ? FilePosition{1, 1} : FilePosition{mark.line + 1, mark.column + 1};
}

std::string YamlReader::WithSubject(std::string_view message) const {
  return subject_.empty() ? std::string(message) : fmt::format("{}: {}", subject_, message);
}

void YamlReader::Error(FilePosition position, std::string_view message) {
  errors_.push_back({path_, position, WithSubject(message)});
}

void YamlReader::Warn(FilePosition position, std::string_view message) {
  warnings_.push_back({path_, position, WithSubject(message)});
}

std::vector<YamlEntry> YamlReader::Entries(const YAML::Node& node, std::string_view what) {
  std::vector<YamlEntry> entries;
  AddEntries(node, what, 0, &entries);
  return entries;
}

void YamlReader::AddEntries(const YAML::Node& node, std::string_view what, int depth,
                            std::vector<YamlEntry>* entries) {
  if (node.IsNull()) {
    return;
  }
  if (!node.IsMap()) {
    Error(PositionOf(node), fmt::format("{} must be a mapping", what));
    return;
  }
  const size_t inherited = entries->size();
  std::vector<YAML::Node> merged;
  for (const auto& entry : node) {
    const YAML::Node& name = entry.first;
    const YAML::Node& value = entry.second;
    const FilePosition position = PositionOf(name);
    if (!name.IsScalar()) {
      Error(position, fmt::format("a key of {} must be a text", what));
    } else if (name.Scalar() == "<<" && name.Tag() != "!") {
      merged.push_back(value);
    } else if (const YamlEntry* known = FindEntry(*entries, name.Scalar()); known == nullptr) {
      entries->push_back({name.Scalar(), position, value});
    } else if (known >= entries->data() + inherited) {
      Error(position, fmt::format("key {} occurs twice in {}, first in line {}",
                                  query::Quote(name.Scalar()), what, known->key_position.line));
    }
  }
  for (const YAML::Node& from : merged) {
    Merge(from, what, depth + 1, entries);
  }
}

void YamlReader::Merge(const YAML::Node& node, std::string_view what, int depth,
                       std::vector<YamlEntry>* entries) {
  if (depth > kMaxMergeDepth || ++merges_ > kMaxMerges) {
    Error(PositionOf(node), fmt::format("too many mappings are merged into {}", what));
    return;
  }
  if (!node.IsSequence()) {
    AddEntries(node, what, depth, entries);
    return;
  }
  for (const YAML::Node& element : node) {
    Merge(element, what, depth + 1, entries);
  }
}

std::vector<YAML::Node> YamlReader::Elements(const YAML::Node& node, std::string_view what) {
  if (node.IsNull()) {
    return {};
  }
  if (!node.IsSequence()) {
    Error(PositionOf(node), fmt::format("{} must be a list", what));
    return {};
  }
  return {node.begin(), node.end()};
}

std::optional<std::string> YamlReader::Text(const YAML::Node& node, std::string_view what) {
  if (node.IsNull()) {
    return "";
  }
  if (!node.IsScalar()) {
    Error(PositionOf(node), fmt::format("{} must be a text", what));
    return std::nullopt;
  }
  return node.Scalar();
}

std::optional<int64_t> YamlReader::Duration(const YAML::Node& node, std::string_view what) {
  const std::optional<std::string> text = Text(node, what);
  if (!text.has_value() || node.IsNull()) {
    return std::nullopt;
  }
  if (*text == "0") {
    return 0;
  }
  const auto ms = query::ParseDurationMs(*text);
  if (!ms.ok()) {
    Error(PositionOf(node),
          fmt::format("{} is not a duration like 5m: {}", what, query::Quote(*text)));
    return std::nullopt;
  }
  return *ms;
}

std::optional<int64_t> YamlReader::Integer(const YAML::Node& node, std::string_view what) {
  const std::optional<std::string> text = Text(node, what);
  if (!text.has_value() || node.IsNull()) {
    return std::nullopt;
  }
  int64_t value = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, value);
  if (error != std::errc() || stop != end) {
    Error(PositionOf(node), fmt::format("{} is not an integer: {}", what, query::Quote(*text)));
    return std::nullopt;
  }
  return value;
}

}  // namespace tidemark::alert
