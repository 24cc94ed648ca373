// AlertService of tidemark.v1 over the evaluation of rules and the history of alerts.
#pragma once

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "server/api/rule_routes.h"
#include "server/grpc/alert_feed.h"
#include "server/grpc/service_parts.h"

namespace tidemark::server {

// All must outlive the service. Thread-safe.
std::unique_ptr<grpc::Service> NewAlertRpcs(const ServiceParts& parts, const RuleSource* source,
                                            AlertFeed* feed);

}  // namespace tidemark::server
