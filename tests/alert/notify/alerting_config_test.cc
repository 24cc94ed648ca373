#include "alert/notify/alerting_config.h"

#include <gtest/gtest.h>

namespace tidemark::alert {
namespace {

std::vector<std::string> Errors(std::string_view yaml) {
  std::vector<std::string> errors;
  for (const FileFinding& error : ParseAlertingConfig("c.yml", yaml).errors) {
    errors.push_back(error.ToString());
  }
  return errors;
}

using Lines = std::vector<std::string>;

constexpr std::string_view kConfig = R"(
alert_relabel_configs:
- source_labels: [severity, team]
  separator: /
  regex: info/.*
  action: drop
- {regex: replica, action: labeldrop}
alertmanagers:
- scheme: https
  path_prefix: /am/
  timeout: 3s
  api_version: v2
  static_configs:
  - targets: ["am1.example.org:9093", "am2.example.org:9093"]
    labels: {zone: a}
  basic_auth: {username: u, password_file: /secret}
  tls_config:
    ca_file: ca.pem
    server_name: am
    insecure_skip_verify: true
  relabel_configs:
  - {source_labels: [__address__], regex: am1.*, action: keep}
  alert_relabel_configs:
  - {target_label: via, replacement: tidemark}
- static_configs: [{targets: ["127.0.0.1:9093"]}]
  authorization: {credentials: token}
)";

TEST(ParseAlertingConfig, ReadsAllItKnows) {
  const ParsedAlertingConfig parsed = ParseAlertingConfig("c.yml", kConfig);
  ASSERT_TRUE(parsed.errors.empty()) << ToStatus(parsed.errors);
  const AlertingConfig& config = parsed.config;
  ASSERT_EQ(config.alert_relabel_configs.size(), 2u);
  EXPECT_EQ(config.alert_relabel_configs[0].separator, "/");
  EXPECT_EQ(config.alert_relabel_configs[1].action, RelabelAction::kLabelDrop);
  ASSERT_EQ(config.alertmanagers.size(), 2u);
  const AlertmanagerGroup& first = config.alertmanagers[0];
  EXPECT_EQ(first.http.timeout_ms, 3000);
  EXPECT_EQ(first.http.username, "u");
  EXPECT_EQ(first.http.password_file, "/secret");
  EXPECT_EQ(first.http.tls.server_name, "am");
  EXPECT_TRUE(first.http.tls.insecure_skip_verify);
  EXPECT_EQ(first.targets.size(), 2u);
  EXPECT_EQ(first.alert_relabel_configs.size(), 1u);
  EXPECT_EQ(config.alertmanagers[1].http.credentials, "token");
}

TEST(AlertmanagerUrls, AreWhatRelabellingLeaves) {
  const ParsedAlertingConfig parsed = ParseAlertingConfig("c.yml", kConfig);
  const auto first = AlertmanagerUrls(parsed.config.alertmanagers[0]);
  ASSERT_TRUE(first.ok()) << first.status();
  ASSERT_EQ(first->size(), 1u);
  EXPECT_EQ((*first)[0].ToString(), "https://am1.example.org:9093/am/api/v2/alerts");
  const auto second = AlertmanagerUrls(parsed.config.alertmanagers[1]);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ((*second)[0].ToString(), "http://127.0.0.1:9093/api/v2/alerts");
}

TEST(ParseAlertingConfig, ReportsEveryError) {
  EXPECT_EQ(
      Errors("alert_relabel_configs:\n- {action: jump}\n- {regex: '(', target_label: x}\n"
             "alertmanagers:\n- scheme: ftp\n  consul_sd_configs: []\n  api_version: v1\n"
             "- basic_auth: {password: p}\n  bearer_token: t\n"
             "- static_configs: [{targets: ['bad host']}]\n"),
      Lines({"c.yml:2:3: action replace needs a target_label",
             "c.yml:2:12: unknown action \"jump\"",
             "c.yml:3:3: regex \"(\" cannot be compiled: missing ): (",
             "c.yml:5:11: scheme must be http or https",
             "c.yml:6:3: unknown key \"consul_sd_configs\" in an alertmanagers entry",
             "c.yml:7:16: api_version can only be v2", "c.yml:8:15: basic_auth needs a username",
             "c.yml:10:3: \"http://bad host/api/v2/alerts\" is not a URL: the host is "
             "missing or malformed"}));
}

}  // namespace
}  // namespace tidemark::alert
