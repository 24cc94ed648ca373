// GrpcServer answers the services of tidemark.v1 on one TCP port, with health checks
// (grpc.health.v1) and reflection. docs/grpc-api.md is its manual.
//
// It takes connections from its start on; until SetReady() its health is NOT_SERVING and RPCs end
// with UNAVAILABLE. Memory is bounded: requests by max_request_bytes, RPCs by max_rpcs, what waits
// for a slow reader by max_waiting messages, which streams of one kind share.
//
// Start, SetReady, Stop: one owner thread. AlertChanged and FleetChanged are thread-safe and wait
// for no caller and no network.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "alert/history/alert_record.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "server/api/backend.h"
#include "server/api/fleet_routes.h"
#include "server/api/rule_routes.h"

namespace tidemark::server {

class WorkerPool;

struct GrpcServerOptions {
  std::string listen_address;  // host:port; no host: every interface; port 0: any
  size_t max_request_bytes = 1u << 20;
  size_t max_answer_bytes = 64u << 20;  // of one message
  size_t max_rpcs = 1024;               // open at a time, streams included
  size_t max_waiting = 16'384;
  int64_t max_write_ms = 60'000;  // for a reader to take one message, before its RPC is cancelled
  size_t max_inbox = 65'536;      // transitions that wait to be handed to the streams
};

// All must outlive the server; the pools must run until Stop() has returned.
struct GrpcServerDeps {
  const BackendSlot* slot = nullptr;
  std::function<FleetSource*()> fleet;  // asked once the slot is ready
  const RuleSource* rules = nullptr;    // asked once the slot is ready
  WorkerPool* query_pool = nullptr;
  WorkerPool* lookup_pool = nullptr;
  const base::Clock* clock = nullptr;
  base::MetricsRegistry* metrics = nullptr;
};

class GrpcServer {
 public:
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const GrpcServerOptions& options,
                                                           const GrpcServerDeps& deps);
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // The address it listens on, with the actual port.
  const std::string& address() const;
  uint16_t port() const;

  // The slot is ready.
  void SetReady();
  // A transition of an alert was decided.
  void AlertChanged(const alert::AlertRecord& record);
  // The fleet was evaluated.
  void FleetChanged();

  // Ends the streams of changes, lets other RPCs finish for `grace_ms`, then cancels them. None is
  // open when it returns. Idempotent.
  void Stop(int64_t grace_ms);

 private:
  class Impl;
  explicit GrpcServer(std::unique_ptr<Impl> impl);

  const std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::server
