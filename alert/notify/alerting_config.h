// AlertingConfig is the section `alerting` of Prometheus' configuration: which Alertmanagers are
// told of alerts, and how. A plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "alert/notify/relabel.h"
#include "alert/yaml/finding.h"
#include "net/http_client.h"

namespace YAML {
class Node;
}

namespace tidemark::alert {

// Alertmanagers that are reached in the same way.
struct AlertmanagerGroup {
  // Labels of a target tell where it is and how it is reached: __address__, __scheme__,
  // __alerts_path__, and those given beside it.
  std::vector<model::Labels> targets;
  std::string scheme = "http";
  std::string path_prefix = "/";
  net::HttpClientOptions http;
  std::vector<RelabelConfig> relabel_configs;        // of targets
  std::vector<RelabelConfig> alert_relabel_configs;  // of alerts, behind those of all

  friend bool operator==(const AlertmanagerGroup&, const AlertmanagerGroup&) = default;
};

struct AlertingConfig {
  std::vector<RelabelConfig> alert_relabel_configs;
  std::vector<AlertmanagerGroup> alertmanagers;

  friend bool operator==(const AlertingConfig&, const AlertingConfig&) = default;
};

struct ParsedAlertingConfig {
  AlertingConfig config;
  std::vector<FileFinding> errors;  // all that is wrong, in order of place
};

// Parses the content of the section, a mapping with `alert_relabel_configs` and `alertmanagers`.
// Unknown keys are errors; so are ways to discover Alertmanagers other than static_configs.
ParsedAlertingConfig ParseAlertingConfig(std::string_view path, std::string_view yaml);
// The same of a section that was parsed as part of its file.
ParsedAlertingConfig ParseAlertingConfig(std::string_view path, const YAML::Node& section);

// The addresses that the targets of `group` have after relabelling, each once.
absl::StatusOr<std::vector<net::Url>> AlertmanagerUrls(const AlertmanagerGroup& group);

}  // namespace tidemark::alert
