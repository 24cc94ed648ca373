// fleetsim: a simulated fleet of TiDB clusters with log backup, to scrape or as a sender.
#include <cstdio>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "tools/fleetsim/commands.h"

int main(int argc, char** argv) {
  CLI::App app("A simulated fleet of TiDB clusters with log backup", "fleetsim");
  app.require_subcommand(1);
  absl::Status status;
  tidemark::fleetsim::AddServeCommand(&app, &status);
  tidemark::fleetsim::AddWriteCommand(&app, &status);
  tidemark::fleetsim::AddRecordCommand(&app, &status);
  tidemark::fleetsim::AddReplayCommand(&app, &status);
  tidemark::fleetsim::AddScenariosCommand(&app, &status);
  CLI11_PARSE(app, argc, argv);
  if (!status.ok()) {
    fmt::print(stderr, "fleetsim: {}\n", tidemark::base::Message(status));
    return 1;
  }
  return 0;
}
