// /api/v1/series, labels, label/NAME/values, metadata.
#pragma once

#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// `slot` must outlive the routes.
void AddSeriesRoutes(const BackendSlot* slot, RouteTable* routes);

}  // namespace tidemark::server
