// FleetService of tidemark.v1 over what the fleet's evaluation knows.
#pragma once

#include <functional>
#include <memory>

#include "grpcpp/impl/service_type.h"
#include "server/api/fleet_routes.h"
#include "server/grpc/fleet_feed.h"
#include "server/grpc/service_parts.h"

namespace tidemark::server {

// `source` gives the fleet once the backend is ready; the feed tells of its changes. All must
// outlive the service. Thread-safe.
std::unique_ptr<grpc::Service> NewFleetRpcs(const ServiceParts& parts,
                                            std::function<FleetSource*()> source, FleetFeed* feed);

}  // namespace tidemark::server
