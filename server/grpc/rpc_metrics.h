// RpcMetrics counts RPCs by method and code, and bounds how many are open at a time.
//
// Thread-safe. An OpenRpc is a value of its RPC, owned by one thread at a time; the RpcMetrics must
// outlive it.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/metrics.h"
#include "grpcpp/support/status.h"

namespace tidemark::server {

enum class RpcMethod : uint8_t {
  kQuery,
  kQueryRange,
  kListClusters,
  kGetCluster,
  kListTasks,
  kListFindings,
  kWatchFleet,
  kListAlerts,
  kWatchAlerts,
  kAlertHistory,
};
inline constexpr size_t kRpcMethods = static_cast<size_t>(RpcMethod::kAlertHistory) + 1;

// "QueryService/Query"
std::string_view ToString(RpcMethod method);

class RpcMetrics;

// One RPC from its beginning to its status.
class OpenRpc {
 public:
  OpenRpc(RpcMetrics* metrics, RpcMethod method) : metrics_(metrics), method_(method) {}
  OpenRpc(OpenRpc&& other) noexcept
      : metrics_(std::exchange(other.metrics_, nullptr)), method_(other.method_) {}
  OpenRpc& operator=(OpenRpc&&) = delete;
  OpenRpc(const OpenRpc&) = delete;
  OpenRpc& operator=(const OpenRpc&) = delete;
  ~OpenRpc() = default;

  // Call once, before the status goes out, so that who has it finds the RPC counted.
  void End(grpc::StatusCode code);

 private:
  RpcMetrics* metrics_;
  const RpcMethod method_;
};

class RpcMetrics {
 public:
  // At most `max_open` are open at a time.
  RpcMetrics(base::MetricsRegistry* registry, size_t max_open);

  // None, and counted as refused, when as many as may be are open.
  std::optional<OpenRpc> Begin(RpcMethod method);

 private:
  friend class OpenRpc;
  void Count(RpcMethod method, grpc::StatusCode code);

  base::MetricsRegistry* const registry_;
  const int64_t max_open_;
  // Writers: the threads of RPCs. Readers: those and scrapes. Publish nothing else.
  std::atomic<int64_t> open_{0};
  using OpenByMethod = std::array<std::atomic<int64_t>, kRpcMethods>;
  const std::shared_ptr<OpenByMethod> open_by_method_;  // the registry's too, which may live longer
};

}  // namespace tidemark::server
