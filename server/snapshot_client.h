// Asks a running server for a snapshot of its data folder.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace tidemark::server {

// The name of a snapshot that the server at `url` ("http://127.0.0.1:9201") made of its data
// folder. Waits as long as that takes. Unavailable when the server cannot be reached, and
// FailedPrecondition when it refuses.
absl::StatusOr<std::string> RequestSnapshot(const std::string& url);

}  // namespace tidemark::server
