// The commands of fleetsim. Each adds itself to `app` and, when chosen, runs and sets `status`.
#pragma once

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

namespace tidemark::fleetsim {

// Metrics pages for a Prometheus to scrape.
void AddServeCommand(CLI::App* app, absl::Status* status);
// Remote write of the fleet to a server, as its senders do.
void AddWriteCommand(CLI::App* app, absl::Status* status);
// The same requests into a file.
void AddRecordCommand(CLI::App* app, absl::Status* status);
// The list of scenarios, and what is true when in one of them.
void AddScenariosCommand(CLI::App* app, absl::Status* status);
// Remote write of such a file.
void AddReplayCommand(CLI::App* app, absl::Status* status);

}  // namespace tidemark::fleetsim
