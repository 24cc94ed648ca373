// /api/v1/query, query_range, query_exemplars, format_query, parse_query.
#pragma once

#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// `slot` must outlive the routes.
void AddQueryRoutes(const BackendSlot* slot, RouteTable* routes);

}  // namespace tidemark::server
