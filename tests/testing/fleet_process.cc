#include "tests/testing/fleet_process.h"

#include <cstdlib>
#include <string_view>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "tests/testing/http_client.h"
#include "tests/testing/server_process.h"

namespace tidemark::testing {
namespace {

// The port in the line "listening on 127.0.0.1:PORT"; 0 while there is none.
uint16_t PortInLog(const std::string& log) {
  constexpr std::string_view kAnnouncement = "listening on 127.0.0.1:";
  const size_t begin = log.find(kAnnouncement);
  if (begin == std::string::npos || log.find('\n', begin) == std::string::npos) {
    return 0;
  }
  return static_cast<uint16_t>(std::atoi(log.c_str() + begin + kAnnouncement.size()));
}

}  // namespace

absl::StatusOr<std::unique_ptr<FleetProcess>> FleetProcess::Start(
    const std::vector<std::string>& flags) {
  std::unique_ptr<FleetProcess> fleet(new FleetProcess());
  std::vector<std::string> argv = {RequiredEnvironment("FLEETSIM_BINARY"), "serve",
                                   "--web.listen-address=127.0.0.1:0"};
  argv.insert(argv.end(), flags.begin(), flags.end());
  ASSIGN_OR_RETURN(fleet->process_, ChildProcess::Start(argv, fleet->dir_.File("log")));
  WaitUntil(
      [&] {
        fleet->port_ = PortInLog(fleet->process_->Log());
        return fleet->port_ != 0 || !fleet->process_->Running();
      },
      60'000);
  if (fleet->port_ == 0) {
    return absl::UnavailableError("fleetsim does not listen:\n" + fleet->process_->Log());
  }
  return fleet;
}

absl::StatusOr<std::string> FleetProcess::PrometheusConfig() const {
  ASSIGN_OR_RETURN(const HttpResponse response, HttpClient(port_).Get("/prometheus.yml"));
  return response.body;
}

}  // namespace tidemark::testing
