// QueryService of tidemark.v1: PromQL, evaluated as the HTTP API does, by the same engine on the
// same threads, within the same bounds.
#pragma once

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "server/grpc/service_parts.h"

namespace tidemark::server {

// What the parts point to must outlive the service. Thread-safe.
std::unique_ptr<grpc::Service> NewQueryRpcs(const ServiceParts& parts);

}  // namespace tidemark::server
