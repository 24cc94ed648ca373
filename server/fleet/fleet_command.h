// `tidemark fleet status`, `explain` and `forget`, `tidemark alerts` and `tidemark query`: what a
// running server says, as text or JSON.
#pragma once

#include <cstdio>

#include "absl/status/status.h"
#include "server/fleet/fleet_flags.h"

namespace tidemark::server {

// Writes to `out`; with colors if that is a terminal. With --watch it returns only on an error.
absl::Status RunFleet(const FleetFlags& flags, std::FILE* out);
// With --watch it shows the alerts anew when anything of them has changed, goes on when the server
// does not answer for a while, and says so on `err`.
absl::Status RunAlerts(const AlertsFlags& flags, std::FILE* out, std::FILE* err);
absl::Status RunQuery(const QueryFlags& flags, std::FILE* out);

}  // namespace tidemark::server
