// /-/healthy, /-/ready, /-/reload, /-/quit, /metrics and the front page.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "base/metrics.h"
#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// What the lifecycle pages set in motion and show. The functions are thread-safe.
struct LifecycleActions {
  bool enabled = false;  // else reload and quit are answered 403
  std::function<absl::Status()> reload;
  std::function<void()> quit;
  // Metrics that come and go, as text, behind those of the registry; may be empty. Only called
  // while the server is ready.
  std::function<std::string()> more_metrics = nullptr;
};

// `slot` and `metrics` must outlive the routes.
void AddLifecycleRoutes(const LifecycleActions& actions, const BackendSlot* slot,
                        const base::MetricsRegistry* metrics, RouteTable* routes);

}  // namespace tidemark::server
