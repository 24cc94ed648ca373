// YamlReader reads the nodes of a YAML document strictly, and notes what is wrong with them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "alert/yaml/finding.h"
#include "yaml-cpp/yaml.h"

namespace tidemark::alert {

struct YamlEntry {
  std::string key;
  FilePosition key_position;
  YAML::Node value;
};

FilePosition PositionOf(const YAML::Node& node);

// Owned by the parse of one file. Thread-compatible.
class YamlReader {
 public:
  explicit YamlReader(std::string_view path) : path_(path) {}

  // What a finding is about, such as "group \"g\", rule 2"; put before every message.
  void set_subject(std::string subject) { subject_ = std::move(subject); }

  void Error(FilePosition position, std::string_view message);
  void Warn(FilePosition position, std::string_view message);

  // The entries of a mapping in order; null counts as an empty one. Repeated keys are errors,
  // merged ones (<<) come behind the mapping's own, which win.
  std::vector<YamlEntry> Entries(const YAML::Node& node, std::string_view what);
  // The elements of a sequence; null counts as an empty one.
  std::vector<YAML::Node> Elements(const YAML::Node& node, std::string_view what);
  // A scalar's text; null is the empty one.
  std::optional<std::string> Text(const YAML::Node& node, std::string_view what);
  // Milliseconds; null is none.
  std::optional<int64_t> Duration(const YAML::Node& node, std::string_view what);
  std::optional<int64_t> Integer(const YAML::Node& node, std::string_view what);

  std::vector<FileFinding>& errors() { return errors_; }
  std::vector<FileFinding>& warnings() { return warnings_; }

 private:
  void AddEntries(const YAML::Node& node, std::string_view what, int depth,
                  std::vector<YamlEntry>* entries);
  void Merge(const YAML::Node& node, std::string_view what, int depth,
             std::vector<YamlEntry>* entries);
  std::string WithSubject(std::string_view message) const;

  const std::string path_;
  std::string subject_;
  int merges_ = 0;
  std::vector<FileFinding> errors_;
  std::vector<FileFinding> warnings_;
};

}  // namespace tidemark::alert
