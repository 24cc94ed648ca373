#include "tests/testing/prometheus_process.h"

#include <fstream>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_client.h"
#include "tests/testing/server_process.h"

namespace tidemark::testing {
absl::StatusOr<std::unique_ptr<PrometheusProcess>> PrometheusProcess::Start(
    const std::string& config, const std::vector<std::string>& flags) {
  std::unique_ptr<PrometheusProcess> server(new PrometheusProcess(FreePort()));
  const std::string config_path = server->dir_.File("prometheus.yml");
  std::ofstream(config_path) << config;
  std::vector<std::string> argv = {RequiredEnvironment("PROMETHEUS_BINARY"),
                                   "--config.file=" + config_path,
                                   "--storage.tsdb.path=" + server->dir_.File("data"),
                                   fmt::format("--web.listen-address=127.0.0.1:{}", server->port_)};
  argv.insert(argv.end(), flags.begin(), flags.end());
  ASSIGN_OR_RETURN(server->process_, ChildProcess::Start(argv, server->dir_.File("log")));
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

}  // namespace tidemark::testing
