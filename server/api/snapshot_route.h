// /api/v1/admin/tsdb/snapshot: a copy of the data folder while the server runs.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// `snapshot` returns the name of a new snapshot when it is done; it is thread-safe and called only
// while the server is ready. Unless `enabled` the answer is 403. `slot` must outlive the routes.
void AddSnapshotRoute(bool enabled, std::function<absl::StatusOr<std::string>()> snapshot,
                      const BackendSlot* slot, RouteTable* routes);

}  // namespace tidemark::server
