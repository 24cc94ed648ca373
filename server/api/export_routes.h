// /api/v1/read and /federate: stored samples for other servers.
#pragma once

#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// `slot` must outlive the routes.
void AddExportRoutes(const BackendSlot* slot, RouteTable* routes);

}  // namespace tidemark::server
