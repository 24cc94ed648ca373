#include "server/grpc/grpc_server.h"

#include <chrono>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/grpc/alert_feed.h"
#include "server/grpc/alert_rpcs.h"
#include "server/grpc/fleet_feed.h"
#include "server/grpc/fleet_rpcs.h"
#include "server/grpc/query_rpcs.h"
#include "server/grpc/rpc_metrics.h"
#include "server/grpc/stall_watch.h"

namespace tidemark::server {
namespace {

constexpr int kMaxStreamsPerConnection = 256;
// Reflection is the one service with threads of its own.
constexpr int kMaxReflectionThreads = 8;
// A peer that has vanished without a word is noticed after both.
constexpr int kPingAfterIdleMs = 60'000;
constexpr int kPingTimeoutMs = 20'000;
constexpr int kShortestPingIntervalMs = 10'000;

struct HostPort {
  std::string host;
  std::string port;
};

absl::StatusOr<HostPort> SplitAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon + 1 == address.size()) {
    return absl::InvalidArgumentError(fmt::format("gRPC listen address {}: no port", address));
  }
  return HostPort{colon == 0 ? "[::]" : address.substr(0, colon), address.substr(colon + 1)};
}

void SetLimits(const GrpcServerOptions& options, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(static_cast<int>(options.max_request_bytes));
  builder->SetMaxSendMessageSize(static_cast<int>(options.max_answer_bytes));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterIdleMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMs);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                              kShortestPingIntervalMs);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // Two servers on one port would share its connections, and nobody would know which answers.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder->SetResourceQuota(grpc::ResourceQuota("tidemark").SetMaxThreads(kMaxReflectionThreads));
  builder->SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder->SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
}

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(const GrpcServerOptions& options, const GrpcServerDeps& deps)
      : options_(options),
        metrics_(deps.metrics, options.max_rpcs),
        stalls_(deps.clock, options.max_write_ms),
        parts_({.slot = deps.slot,
                .clock = deps.clock,
                .queries = {deps.query_pool, &metrics_, &stalls_},
                .lookups = {deps.lookup_pool, &metrics_, &stalls_},
                .max_answer_bytes = options.max_answer_bytes,
                .max_waiting = options.max_waiting}),
        fleet_feed_([fleet = deps.fleet] { return fleet()->snapshot(); }),
        alert_feed_(options.max_inbox),
        queries_(NewQueryRpcs(parts_)),
        fleet_(NewFleetRpcs(parts_, deps.fleet, &fleet_feed_)),
        alerts_(NewAlertRpcs(parts_, deps.rules, &alert_feed_)) {}

  absl::Status Listen();
  void SetServing(bool serving);
  void Stop(int64_t grace_ms);

  const std::string& address() const { return address_; }
  uint16_t port() const { return static_cast<uint16_t>(port_); }
  AlertFeed& alert_feed() { return alert_feed_; }
  FleetFeed& fleet_feed() { return fleet_feed_; }

 private:
  const GrpcServerOptions options_;
  RpcMetrics metrics_;
  StallWatch stalls_;
  const ServiceParts parts_;
  FleetFeed fleet_feed_;
  AlertFeed alert_feed_;
  const std::unique_ptr<grpc::Service> queries_;
  const std::unique_ptr<grpc::Service> fleet_;
  const std::unique_ptr<grpc::Service> alerts_;
  std::string address_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;  // last: its RPCs use all of the above
};

absl::Status GrpcServer::Impl::Listen() {
  ASSIGN_OR_RETURN(const HostPort listen, SplitAddress(options_.listen_address));
  // Both are switches of the library as a whole, for the servers built behind them.
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(fmt::format("{}:{}", listen.host, listen.port),
                           grpc::InsecureServerCredentials(), &port_);
  SetLimits(options_, &builder);
  for (grpc::Service* const service : {queries_.get(), fleet_.get(), alerts_.get()}) {
    builder.RegisterService(service);
  }
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port_ == 0) {
    return absl::UnavailableError(
        fmt::format("listen for gRPC on {}: the address is in use, or not one of this machine",
                    options_.listen_address));
  }
  address_ = fmt::format("{}:{}", listen.host, port_);
  SetServing(false);
  return absl::OkStatus();
}

void GrpcServer::Impl::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* const health = server_->GetHealthCheckService();
  for (const char* const service :
       {"", "tidemark.v1.QueryService", "tidemark.v1.FleetService", "tidemark.v1.AlertService"}) {
    health->SetServingStatus(service, serving);
  }
}

void GrpcServer::Impl::Stop(int64_t grace_ms) {
  if (server_ == nullptr) {
    return;
  }
  server_->GetHealthCheckService()->Shutdown();
  alert_feed_.Stop();
  fleet_feed_.Stop();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::milliseconds(grace_ms));
  server_->Wait();
  server_ = nullptr;
}

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                              const GrpcServerDeps& deps) {
  auto impl = std::make_unique<Impl>(options, deps);
  RETURN_IF_ERROR(impl->Listen());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() { Stop(0); }

const std::string& GrpcServer::address() const { return impl_->address(); }
uint16_t GrpcServer::port() const { return impl_->port(); }
void GrpcServer::SetReady() { impl_->SetServing(true); }
void GrpcServer::AlertChanged(const alert::AlertRecord& record) {
  impl_->alert_feed().Changed(record);
}
void GrpcServer::FleetChanged() { impl_->fleet_feed().Changed(); }
void GrpcServer::Stop(int64_t grace_ms) { impl_->Stop(grace_ms); }

}  // namespace tidemark::server
