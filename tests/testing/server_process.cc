#include "tests/testing/server_process.h"

#include <cstdlib>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_client.h"

namespace tidemark::testing {

std::string RequiredEnvironment(const char* name) {
  const char* value = std::getenv(name);
  TIDEMARK_CHECK(value != nullptr, "{} is not set; run this test through ctest", name);
  return value;
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Launch(const ServerOptions& options) {
  const uint16_t port = FreePort();
  std::vector<std::string> argv = {RequiredEnvironment("TIDEMARK_BINARY"), "serve",
                                   "--storage.path=" + options.data_dir,
                                   fmt::format("--web.listen-address=127.0.0.1:{}", port)};
  argv.insert(argv.end(), options.flags.begin(), options.flags.end());
  ASSIGN_OR_RETURN(auto process, ChildProcess::Start(argv, options.log_path));
  return std::unique_ptr<ServerProcess>(new ServerProcess(port, std::move(process)));
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(const ServerOptions& options) {
  ASSIGN_OR_RETURN(auto server, Launch(options));
  RETURN_IF_ERROR(server->WaitReady());
  return server;
}

absl::Status ServerProcess::WaitReady(int64_t timeout_ms) {
  HttpClient http(port_);
  bool ready = false;
  WaitUntil(
      [&] {
        const auto response = http.Get("/-/ready");
        ready = response.ok() && response->status == 200;
        return ready || !process_->Running();
      },
      timeout_ms);
  if (!ready) {
    return absl::UnavailableError(fmt::format("server is not ready:\n{}", process_->Log()));
  }
  return absl::OkStatus();
}

absl::StatusOr<double> ServerProcess::Metric(const std::string& metric,
                                             const std::string& label) const {
  ASSIGN_OR_RETURN(const HttpResponse page, HttpClient(port_).Get("/metrics"));
  std::istringstream lines(page.body);
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const size_t name_end = line.find_first_of("{ ");
    if (line.substr(0, name_end) == metric && line.find(label) != std::string::npos) {
      sum += std::strtod(line.c_str() + line.rfind(' '), nullptr);
    }
  }
  return sum;
}

}  // namespace tidemark::testing
