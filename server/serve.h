// `tidemark serve`: wires store, engine, receiver and listener together.
#pragma once

#include "absl/status/status.h"
#include "base/log.h"
#include "server/flags.h"
#include "server/signals.h"

namespace tidemark::server {

// Runs the server until `signals` says to quit. It listens before the store has recovered, and
// answers 503 until then. When told to quit it lets requests under way finish, closes the store
// and returns. An error tells why it could not start, or could not close the store.
absl::Status Serve(const ServeFlags& flags, Signals* signals, base::Logger* logger);

}  // namespace tidemark::server
