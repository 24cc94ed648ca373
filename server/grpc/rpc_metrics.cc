#include "server/grpc/rpc_metrics.h"

#include <string>

namespace tidemark::server {
namespace {

constexpr std::array<std::string_view, kRpcMethods> kMethodNames = {
    "QueryService/Query",       "QueryService/QueryRange", "FleetService/ListClusters",
    "FleetService/GetCluster",  "FleetService/ListTasks",  "FleetService/ListFindings",
    "FleetService/WatchFleet",  "AlertService/ListAlerts", "AlertService/WatchAlerts",
    "AlertService/AlertHistory"};

constexpr std::array<std::string_view, 17> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string_view NameOf(grpc::StatusCode code) {
  const auto number = static_cast<size_t>(code);
  return number < kCodeNames.size() ? kCodeNames[number] : "UNKNOWN";
}

}  // namespace

std::string_view ToString(RpcMethod method) { return kMethodNames[static_cast<size_t>(method)]; }

void OpenRpc::End(grpc::StatusCode code) {
  metrics_->open_.fetch_sub(1, std::memory_order_relaxed);
  (*metrics_->open_by_method_)[static_cast<size_t>(method_)].fetch_sub(1,
                                                                       std::memory_order_relaxed);
  metrics_->Count(method_, code);
}

RpcMetrics::RpcMetrics(base::MetricsRegistry* registry, size_t max_open)
    : registry_(registry),
      max_open_(static_cast<int64_t>(max_open)),
      open_by_method_(std::make_shared<OpenByMethod>()) {
  for (size_t i = 0; i < kRpcMethods; ++i) {
    registry->AddGaugeCallback(
        "tidemark_grpc_open_rpcs", "RPCs under way, streams among them, by method.",
        [open = open_by_method_, i] {
          return static_cast<double>((*open)[i].load(std::memory_order_relaxed));
        },
        {{"method", std::string(kMethodNames[i])}});
  }
}

std::optional<OpenRpc> RpcMetrics::Begin(RpcMethod method) {
  if (open_.fetch_add(1, std::memory_order_relaxed) >= max_open_) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    Count(method, grpc::StatusCode::RESOURCE_EXHAUSTED);
    return std::nullopt;
  }
  (*open_by_method_)[static_cast<size_t>(method)].fetch_add(1, std::memory_order_relaxed);
  return OpenRpc(this, method);
}

void RpcMetrics::Count(RpcMethod method, grpc::StatusCode code) {
  registry_
      ->AddCounter("tidemark_grpc_rpcs_total", "RPCs that have ended, by method and code.",
                   {{"method", std::string(ToString(method))}, {"code", std::string(NameOf(code))}})
      ->Add();
}

}  // namespace tidemark::server
