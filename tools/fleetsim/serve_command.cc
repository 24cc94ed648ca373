#include <cmath>
#include <cstdio>
#include <memory>

#include "base/clock.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "tools/fleetsim/commands.h"
#include "tools/fleetsim/fleet_flags.h"
#include "tools/fleetsim/page_server.h"
#include "tools/fleetsim/stop_signals.h"
#include "tools/fleetsim/time_text.h"

namespace tidemark::fleetsim {
namespace {

struct ServeFlags {
  FleetFlags fleet;
  PageServerOptions server;
  std::string start = "now";
  double speed = 1;
};

absl::Status Serve(const ServeFlags& flags) {
  const base::SystemClock clock;
  const int64_t began_ms = clock.NowMs();
  ASSIGN_OR_RETURN(const int64_t start_ms, ParseMomentMs(flags.start, began_ms));
  ASSIGN_OR_RETURN(FleetOptions options, flags.fleet.Resolve(start_ms));
  const FleetModel model(std::move(options));
  const auto model_now_ms = [&clock, &flags, began_ms, start_ms] {
    return start_ms + std::llround(static_cast<double>(clock.NowMs() - began_ms) * flags.speed);
  };
  const StopSignals signals;
  PageServer server(&model, model_now_ms, flags.server);
  ASSIGN_OR_RETURN(const std::string address, server.Start());
  fmt::print("listening on {}\n", address);
  std::fflush(stdout);
  signals.Wait();
  server.Stop();
  return absl::OkStatus();
}

}  // namespace

void AddServeCommand(CLI::App* app, absl::Status* status) {
  CLI::App* command = app->add_subcommand("serve", "serve metrics pages for Prometheus to scrape");
  const auto flags = std::make_shared<ServeFlags>();
  flags->fleet.AddTo(command);
  command
      ->add_option("--web.listen-address", flags->server.listen_address,
                   "ADDRESS:PORT; port 0 takes a free one")
      ->capture_default_str();
  command
      ->add_option("--scrape-interval", flags->server.scrape_interval,
                   "written into /prometheus.yml")
      ->capture_default_str();
  command->add_option("--remote-write-url", flags->server.remote_write_url,
                      "written into /prometheus.yml");
  command->add_option("--start", flags->start, "model time at the start: now, now-2h, or ms")
      ->capture_default_str();
  command->add_option("--speed", flags->speed, "model seconds per second")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->callback([flags, status] { *status = Serve(*flags); });
}

}  // namespace tidemark::fleetsim
