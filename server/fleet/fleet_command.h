// `tidemark fleet status`, `explain` and `forget`, and `tidemark query`: what a running server
// says, as text or JSON.
#pragma once

#include <cstdio>

#include "absl/status/status.h"
#include "server/fleet/fleet_flags.h"

namespace tidemark::server {

// Writes to `out`; with colors if that is a terminal. With --watch it returns only on an error.
absl::Status RunFleet(const FleetFlags& flags, std::FILE* out);
absl::Status RunQuery(const QueryFlags& flags, std::FILE* out);

}  // namespace tidemark::server
