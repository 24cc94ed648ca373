// Config is what the configuration file says: limits of what senders may write, what is kept for
// another time than the rest, rules, and who is told of alerts. A plain value.
//
// Every key is described in deploy/tidemark.yml. What is not in the file has its default; a key
// that does not exist is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/notify/alerting_config.h"
#include "server/config/rules_config.h"

namespace tidemark::server {

struct Limits {
  size_t max_labels_per_series = 128;
  size_t max_label_name_bytes = 1024;
  size_t max_label_value_bytes = 64u << 10;
  size_t max_request_bytes = 32u << 20;    // compressed, and again unpacked
  int64_t max_sample_future_ms = 600'000;  // 0: no bound

  friend bool operator==(const Limits&, const Limits&) = default;
};

// How long the samples of the series that `match` selects are kept.
struct RetentionOverride {
  std::string match;    // a series selector
  int64_t keep_ms = 0;  // 0: for ever

  friend bool operator==(const RetentionOverride&, const RetentionOverride&) = default;
};

struct Config {
  Limits limits;
  std::vector<RetentionOverride> retention;  // the first that selects a series counts
  RulesConfig rules;
  alert::AlertingConfig alerting;
  std::string alerting_yaml;  // the section as it stands in the file, secrets masked

  friend bool operator==(const Config&, const Config&) = default;
};

// InvalidArgument, with the line, for what is not YAML, not a known key, or not a valid value.
absl::StatusOr<Config> ParseConfig(std::string_view yaml);

// Makes paths that are not absolute start in `folder`, where the configuration's file is.
void ResolvePaths(std::string_view folder, Config* config);

// The whole configuration, defaults included, in the form of the file.
std::string ToYaml(const Config& config);

// "limits.max_request_bytes: 33554432 -> 1048576" for every value that differs.
std::vector<std::string> Differences(const Config& before, const Config& after);

}  // namespace tidemark::server
