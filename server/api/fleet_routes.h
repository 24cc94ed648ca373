// Routes of the fleet: /api/v1/fleet/...
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "fleet/fleet.h"
#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// What the routes ask. Thread-safe.
class FleetSource {
 public:
  FleetSource() = default;
  virtual ~FleetSource() = default;
  FleetSource(const FleetSource&) = delete;
  FleetSource& operator=(const FleetSource&) = delete;

  // Never null.
  virtual std::shared_ptr<const fleet::FleetSnapshot> snapshot() const = 0;
  // NotFound if there is no such cluster or task.
  virtual absl::Status Forget(std::string_view cluster) = 0;
  virtual absl::Status ForgetTask(std::string_view cluster, std::string_view task) = 0;
};

// `source` gives the fleet once the backend is ready; what it gives must outlive the last request.
// With `enable_admin` a cluster or task can be forgotten by a POST to /api/v1/admin/fleet/forget.
void AddFleetRoutes(const std::function<FleetSource*()>& source, bool enable_admin,
                    const BackendSlot* slot, RouteTable* routes);

}  // namespace tidemark::server
