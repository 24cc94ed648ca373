// Asks a running server over its HTTP interface, for commands. A terminal is told of waits.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "rapidjson/document.h"
#include "server/fleet/fleet_flags.h"

namespace tidemark::server {

using FormPairs = std::vector<std::pair<std::string, std::string>>;

// The answer of `path` ("/api/v1/query") to a form with these values, as it is. Unavailable when
// the server cannot be reached; FailedPrecondition, with what the server says, when it refuses.
absl::StatusOr<std::string> AskServer(const ServerAddress& server, std::string_view path,
                                      const FormPairs& form);

// The same, parsed: the answer's `data` is answer["data"].
absl::StatusOr<rapidjson::Document> AskServerForJson(const ServerAddress& server,
                                                     std::string_view path, const FormPairs& form);

}  // namespace tidemark::server
