#include "tests/testing/prometheus_process.h"

#include <fstream>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_client.h"
#include "tests/testing/server_process.h"

namespace tidemark::tests {
namespace {

// `text` with every line moved to the right.
std::string Indent(const std::string& text) {
  std::string indented = "  ";
  for (const char c : text) {
    indented += c;
    if (c == '\n') {
      indented += "  ";
    }
  }
  return indented;
}

std::string ConfigText(const PrometheusOptions& options) {
  std::string text = fmt::format("global:\n  scrape_interval: {0}\n  scrape_timeout: {0}\n",
                                 options.scrape_interval);
  if (!options.external_labels.empty()) {
    text += "  external_labels:\n";
    for (const auto& [name, value] : options.external_labels) {
      text += fmt::format("    {}: \"{}\"\n", name, value);
    }
  }
  if (options.remote_write_port != 0) {
    text += fmt::format(
        "remote_write:\n"
        "  - url: http://127.0.0.1:{}/api/v1/write\n"
        "    queue_config: {{batch_send_deadline: 200ms, max_backoff: 200ms}}\n",
        options.remote_write_port);
  }
  return text + "scrape_configs:\n" + Indent(options.scrape_config) + "\n";
}

}  // namespace

absl::StatusOr<std::unique_ptr<PrometheusProcess>> PrometheusProcess::Start(
    const PrometheusOptions& options) {
  std::unique_ptr<PrometheusProcess> server(new PrometheusProcess(FreePort()));
  const std::string config = server->dir_.File("prometheus.yml");
  std::ofstream(config) << ConfigText(options);
  ASSIGN_OR_RETURN(
      server->process_,
      ChildProcess::Start({RequiredEnvironment("PROMETHEUS_BINARY"), "--config.file=" + config,
                           "--storage.tsdb.path=" + server->dir_.File("data"),
                           fmt::format("--web.listen-address=127.0.0.1:{}", server->port_)},
                          server->dir_.File("log")));
  HttpClient http(server->port_);
  const bool ready = WaitUntil(
      [&] {
        const auto response = http.Get("/-/ready");
        return response.ok() && response->status == 200;
      },
      60'000);
  if (!ready) {
    return absl::UnavailableError("prometheus is not ready:\n" + server->process_->Log());
  }
  return server;
}

}  // namespace tidemark::tests
