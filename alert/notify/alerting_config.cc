#include "alert/notify/alerting_config.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "alert/yaml/yaml_reader.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/parser/quote.h"
#include "yaml-cpp/yaml.h"

namespace tidemark::alert {
namespace {

constexpr std::string_view kAddress = "__address__";
constexpr std::string_view kScheme = "__scheme__";
constexpr std::string_view kAlertsPath = "__alerts_path__";

// AlertingReader fills an AlertingConfig from the nodes of a document. Each Read… takes a mapping
// apart with a table of its keys.
class AlertingReader {
 public:
  explicit AlertingReader(std::string_view path) : yaml_(path) {}

  ParsedAlertingConfig Run(std::string_view text) {
    try {
      return Run(YAML::Load(std::string(text)));
    } catch (const YAML::Exception& e) {
      ParsedAlertingConfig parsed;
      yaml_.Error({e.mark.line + 1, e.mark.column + 1}, e.msg);
      parsed.errors = std::move(yaml_.errors());
      return parsed;
    }
  }

  ParsedAlertingConfig Run(const YAML::Node& section) {
    ParsedAlertingConfig parsed;
    ReadAlerting(section, &parsed.config);
    parsed.errors = std::move(yaml_.errors());
    std::stable_sort(parsed.errors.begin(), parsed.errors.end(), [](const auto& a, const auto& b) {
      return std::pair(a.position.line, a.position.column) <
             std::pair(b.position.line, b.position.column);
    });
    return parsed;
  }

 private:
  using Keys = std::map<std::string, std::function<void(const YAML::Node&)>, std::less<>>;

  void ReadMapping(const YAML::Node& node, std::string_view what, const Keys& keys) {
    for (const YamlEntry& entry : yaml_.Entries(node, what)) {
      const auto read = keys.find(entry.key);
      if (read == keys.end()) {
        yaml_.Error(entry.key_position,
                    fmt::format("unknown key {} in {}", query::Quote(entry.key), what));
      } else {
        read->second(entry.value);
      }
    }
  }

  std::function<void(const YAML::Node&)> TextInto(std::string* text, std::string_view what) {
    return [this, text, what](const YAML::Node& node) {
      *text = yaml_.Text(node, what).value_or(*text);
    };
  }

  std::function<void(const YAML::Node&)> BoolInto(bool* value, std::string_view what) {
    return [this, value, what](const YAML::Node& node) {
      const std::string text = yaml_.Text(node, what).value_or("false");
      *value = text == "true";
      if (text != "true" && text != "false") {
        yaml_.Error(PositionOf(node), fmt::format("{} is neither true nor false", what));
      }
    };
  }

  // For keys that change nothing here when they have the one value that is meant.
  std::function<void(const YAML::Node&)> Only(std::string_view value, std::string_view what) {
    return [this, value, what](const YAML::Node& node) {
      if (yaml_.Text(node, what).value_or(std::string(value)) != value) {
        yaml_.Error(PositionOf(node), fmt::format("{} can only be {}", what, value));
      }
    };
  }

  void ReadAlerting(const YAML::Node& node, AlertingConfig* config) {
    ReadMapping(node, "alerting",
                {{"alert_relabel_configs",
                  [&](const YAML::Node& value) {
                    ReadRelabelConfigs(value, &config->alert_relabel_configs);
                  }},
                 {"alertmanagers", [&](const YAML::Node& value) {
                    for (const YAML::Node& group : yaml_.Elements(value, "alertmanagers")) {
                      ReadGroup(group, &config->alertmanagers.emplace_back());
                    }
                  }}});
  }

  void ReadGroup(const YAML::Node& node, AlertmanagerGroup* group) {
    net::HttpClientOptions& http = group->http;
    ReadMapping(
        node, "an alertmanagers entry",
        {{"scheme", [&](const YAML::Node& value) { ReadScheme(value, &group->scheme); }},
         {"path_prefix", TextInto(&group->path_prefix, "path_prefix")},
         {"timeout",
          [&](const YAML::Node& value) {
            http.timeout_ms = yaml_.Duration(value, "timeout").value_or(http.timeout_ms);
          }},
         {"api_version", Only("v2", "api_version")},
         {"enable_http2", [](const YAML::Node&) {}},
         {"follow_redirects", [](const YAML::Node&) {}},
         {"static_configs", [&](const YAML::Node& value) { ReadTargets(value, group); }},
         {"basic_auth", [&](const YAML::Node& value) { ReadBasicAuth(value, &http); }},
         {"authorization", [&](const YAML::Node& value) { ReadAuthorization(value, &http); }},
         {"bearer_token", TextInto(&http.credentials, "bearer_token")},
         {"bearer_token_file", TextInto(&http.credentials_file, "bearer_token_file")},
         {"tls_config", [&](const YAML::Node& value) { ReadTls(value, &http.tls); }},
         {"relabel_configs",
          [&](const YAML::Node& value) { ReadRelabelConfigs(value, &group->relabel_configs); }},
         {"alert_relabel_configs", [&](const YAML::Node& value) {
            ReadRelabelConfigs(value, &group->alert_relabel_configs);
          }}});
    CheckAuthorization(PositionOf(node), http);
    const auto urls = AlertmanagerUrls(*group);
    if (!urls.ok()) {
      yaml_.Error(PositionOf(node), base::Message(urls.status()));
    }
  }

  void ReadScheme(const YAML::Node& node, std::string* scheme) {
    *scheme = yaml_.Text(node, "scheme").value_or(*scheme);
    if (*scheme != "http" && *scheme != "https") {
      yaml_.Error(PositionOf(node), "scheme must be http or https");
      *scheme = "http";
    }
  }

  void CheckAuthorization(FilePosition position, const net::HttpClientOptions& http) {
    const bool has_credentials = !http.credentials.empty() || !http.credentials_file.empty();
    if (!http.username.empty() && has_credentials) {
      yaml_.Error(position, "basic_auth and authorization exclude each other");
    }
    if (http.tls.cert_file.empty() != http.tls.key_file.empty()) {
      yaml_.Error(position, "cert_file and key_file must both be set");
    }
  }

  void ReadBasicAuth(const YAML::Node& node, net::HttpClientOptions* http) {
    ReadMapping(node, "basic_auth",
                {{"username", TextInto(&http->username, "username")},
                 {"password", TextInto(&http->password, "password")},
                 {"password_file", TextInto(&http->password_file, "password_file")}});
    if (http->username.empty()) {
      yaml_.Error(PositionOf(node), "basic_auth needs a username");
    }
  }

  void ReadAuthorization(const YAML::Node& node, net::HttpClientOptions* http) {
    ReadMapping(node, "authorization",
                {{"type", TextInto(&http->credential_type, "type")},
                 {"credentials", TextInto(&http->credentials, "credentials")},
                 {"credentials_file", TextInto(&http->credentials_file, "credentials_file")}});
  }

  void ReadTls(const YAML::Node& node, net::TlsOptions* tls) {
    ReadMapping(
        node, "tls_config",
        {{"ca_file", TextInto(&tls->ca_file, "ca_file")},
         {"cert_file", TextInto(&tls->cert_file, "cert_file")},
         {"key_file", TextInto(&tls->key_file, "key_file")},
         {"server_name", TextInto(&tls->server_name, "server_name")},
         {"insecure_skip_verify", BoolInto(&tls->insecure_skip_verify, "insecure_skip_verify")}});
  }

  void ReadTargets(const YAML::Node& node, AlertmanagerGroup* group) {
    for (const YAML::Node& element : yaml_.Elements(node, "static_configs")) {
      std::vector<std::string> addresses;
      std::map<std::string, std::string> labels;
      ReadMapping(
          element, "a static_configs entry",
          {{"targets", [&](const YAML::Node& value) { ReadTexts(value, "targets", &addresses); }},
           {"labels", [&](const YAML::Node& value) {
              for (const YamlEntry& entry : yaml_.Entries(value, "labels")) {
                labels[entry.key] = yaml_.Text(entry.value, "a label").value_or("");
              }
            }}});
      labels.erase("");
      for (const std::string& address : addresses) {
        labels[std::string(kAddress)] = address;
        group->targets.push_back(model::Labels::Of({labels.begin(), labels.end()}));
      }
    }
  }

  void ReadTexts(const YAML::Node& node, std::string_view what, std::vector<std::string>* texts) {
    for (const YAML::Node& element : yaml_.Elements(node, what)) {
      texts->push_back(yaml_.Text(element, what).value_or(""));
    }
  }

  void ReadRelabelConfigs(const YAML::Node& node, std::vector<RelabelConfig>* configs) {
    for (const YAML::Node& element : yaml_.Elements(node, "relabel configs")) {
      RelabelConfig& config = configs->emplace_back();
      ReadMapping(
          element, "a relabel config",
          {{"source_labels",
            [&](const YAML::Node& value) {
              ReadTexts(value, "source_labels", &config.source_labels);
            }},
           {"separator", TextInto(&config.separator, "separator")},
           {"regex", TextInto(&config.regex, "regex")},
           {"modulus",
            [&](const YAML::Node& value) {
              config.modulus = static_cast<uint64_t>(
                  std::max<int64_t>(0, yaml_.Integer(value, "modulus").value_or(0)));
            }},
           {"target_label", TextInto(&config.target_label, "target_label")},
           {"replacement", TextInto(&config.replacement, "replacement")},
           {"action", [&](const YAML::Node& value) { ReadAction(value, &config.action); }}});
      const auto rule = RelabelRule::Create(config);
      if (!rule.ok()) {
        yaml_.Error(PositionOf(element), base::Message(rule.status()));
      }
    }
  }

  void ReadAction(const YAML::Node& node, RelabelAction* action) {
    const std::string name = yaml_.Text(node, "action").value_or("replace");
    const auto known = ParseRelabelAction(name);
    if (!known.has_value()) {
      yaml_.Error(PositionOf(node), fmt::format("unknown action {}", query::Quote(name)));
      return;
    }
    *action = *known;
  }

  YamlReader yaml_;
};

std::string AlertsPath(std::string_view prefix) {
  while (prefix.ends_with('/')) {
    prefix.remove_suffix(1);
  }
  return fmt::format("{}{}/api/v2/alerts", prefix.empty() || prefix.starts_with('/') ? "" : "/",
                     prefix);
}

}  // namespace

ParsedAlertingConfig ParseAlertingConfig(std::string_view path, std::string_view yaml) {
  return AlertingReader(path).Run(yaml);
}

ParsedAlertingConfig ParseAlertingConfig(std::string_view path, const YAML::Node& section) {
  return AlertingReader(path).Run(section);
}

absl::StatusOr<std::vector<net::Url>> AlertmanagerUrls(const AlertmanagerGroup& group) {
  std::vector<RelabelRule> rules;
  for (const RelabelConfig& config : group.relabel_configs) {
    ASSIGN_OR_RETURN(RelabelRule rule, RelabelRule::Create(config));
    rules.push_back(std::move(rule));
  }
  std::vector<net::Url> urls;
  std::set<std::string> seen;
  for (const model::Labels& target : group.targets) {
    const std::string path = AlertsPath(group.path_prefix);
    model::LabelsBuilder builder(target);
    builder.Set(kScheme, group.scheme).Set(kAlertsPath, path);
    const std::optional<model::Labels> labels = Relabel(rules, builder.Build());
    if (!labels.has_value()) {
      continue;
    }
    const std::string text = fmt::format("{}://{}{}", labels->Get(kScheme), labels->Get(kAddress),
                                         labels->Get(kAlertsPath));
    if (seen.insert(text).second) {
      ASSIGN_OR_RETURN(net::Url url, net::ParseUrl(text));
      urls.push_back(std::move(url));
    }
  }
  return urls;
}

}  // namespace tidemark::alert
