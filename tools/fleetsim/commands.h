// The commands of fleetsim. Each adds itself to `app` and, when chosen, runs and sets `status`.
#pragma once

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

namespace tidemark::fleetsim {

void AddServeCommand(CLI::App* app, absl::Status* status);

}  // namespace tidemark::fleetsim
