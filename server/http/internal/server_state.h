// ServerState is what all connections of one HttpServer share. Owned by the server, outlives its
// I/O threads and pools. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/metrics.h"
#include "base/mutex.h"
#include "server/http/http_server.h"
#include "server/http/worker_pool.h"

namespace tidemark::server::internal {

// Bytes of request bodies held by all connections, bounded.
class BodyBudget {
 public:
  explicit BodyBudget(size_t limit) : limit_(limit) {}

  bool TryReserve(size_t bytes) {
    // Writers and readers: I/O threads. Only a sum; publishes nothing else.
    const size_t before = held_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= limit_) {
      return true;
    }
    Release(bytes);
    return false;
  }
  void Release(size_t bytes) { held_.fetch_sub(bytes, std::memory_order_relaxed); }
  size_t held() const { return held_.load(std::memory_order_relaxed); }

 private:
  const size_t limit_;
  std::atomic<size_t> held_{0};
};

// Counts open connections; waits for the last one.
class ConnectionCount {
 public:
  // False when `limit` are open already.
  bool TryAdd(size_t limit) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove() ABSL_LOCKS_EXCLUDED(mu_);
  size_t value() const ABSL_LOCKS_EXCLUDED(mu_);
  // Until there is none, or the time is over.
  void WaitForNone(int64_t timeout_ms) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable base::Mutex mu_;
  base::CondVar none_;
  size_t open_ ABSL_GUARDED_BY(mu_) = 0;
};

// The metrics of one route.
class RouteMetrics {
 public:
  RouteMetrics(std::string_view handler, base::MetricsRegistry* registry);
  void Count(int status, double seconds);

 private:
  static constexpr size_t kClasses = 3;  // 2xx, 4xx, 5xx: no other status is answered
  base::Counter* by_class_[kClasses];
  base::Histogram* seconds_;
};

struct ServerState {
  ServerState(const HttpServerOptions& server_options, ResponsePolicy response_policy,
              RouteTable route_table, const HttpServerDeps& server_deps);

  // The metrics of `route`, which is one of `routes`; null stands for unknown paths.
  RouteMetrics& MetricsOf(const Route* route);
  // REQUIRES: `run_on` is a pool.
  WorkerPool& Pool(RunOn run_on) { return run_on == RunOn::kQueryPool ? query_pool : api_pool; }

  const HttpServerOptions options;
  const ResponsePolicy policy;
  const RouteTable routes;
  const HttpServerDeps deps;
  BodyBudget body_budget;
  ConnectionCount connections;
  std::vector<RouteMetrics> route_metrics;  // one a route, then the unknown paths
  base::Counter* const connections_refused;
  base::Counter* const bodies_refused;
  WorkerPool api_pool;
  WorkerPool query_pool;
};

}  // namespace tidemark::server::internal
