// Fields reads the keys of one YAML mapping into variables, and remembers the first thing wrong.
//
//   Fields fields(path, node);
//   fields.Text("name", &group.name);
//   fields.DurationMs("interval", &group.interval_ms);
//   RETURN_IF_ERROR(fields.Done());
//
// A key that is absent or null leaves its variable alone. A key that nobody asked for is an error,
// as is one that stands twice. Owned by one thread; the node's document must outlive it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "alert/rules/rule_file.h"
#include "model/sample.h"
#include "yaml-cpp/yaml.h"

namespace tidemark::alert {

FilePosition PlaceOf(const YAML::Node& node);

// "FILE:LINE:COL: TEXT"
absl::Status ErrorAt(std::string_view path, const YAML::Node& node, std::string_view text);

class Fields {
 public:
  Fields(std::string_view path, const YAML::Node& node);

  void Text(const char* key, std::string* out);
  void Bool(const char* key, bool* out);
  void Number(const char* key, double* out);
  void DurationMs(const char* key, int64_t* out);
  // RFC 3339, or seconds since the epoch.
  void Time(const char* key, model::Timestamp* out);
  void Texts(const char* key, std::vector<std::string>* out);
  void Pairs(const char* key, TextPairs* out);
  // Calls `read` for each entry of a list.
  void Each(const char* key, absl::FunctionRef<absl::Status(const YAML::Node&)> read);

  // The first error; OK if there was none and every key was asked for.
  absl::Status Done();

 private:
  // What stands under `key`; none if nothing or null does.
  std::optional<YAML::Node> Take(const char* key);
  // As above; something that is not a scalar is an error, and none.
  std::optional<YAML::Node> TakeScalar(const char* key);
  void Wrong(const YAML::Node& node, std::string_view text);

  const std::string path_;
  const YAML::Node node_;
  std::set<std::string> asked_;
  absl::Status status_;
};

}  // namespace tidemark::alert
