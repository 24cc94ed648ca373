// /api/v1/admin/tsdb/…: what an operator may do to the stored samples.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/sample.h"
#include "server/api/backend.h"
#include "server/api/routes_common.h"
#include "server/http/route.h"

namespace tidemark::server {

// What the pages set in motion; each returns when it is done. The functions are thread-safe and
// called only while the server is ready.
struct AdminActions {
  bool enabled = false;  // else all are answered 403
  // Deletes the samples between both times of the series that one of the selectors selects.
  std::function<absl::Status(std::span<const Matchers> selectors, model::Timestamp min_time,
                             model::Timestamp max_time)>
      delete_series;
  std::function<absl::Status()> clean_tombstones;
  std::function<absl::Status()> flush;
  // Makes a copy of the data folder and gives its name.
  std::function<absl::StatusOr<std::string>()> snapshot;
};

// `slot` must outlive the routes.
void AddAdminRoutes(const AdminActions& actions, const BackendSlot* slot, RouteTable* routes);

}  // namespace tidemark::server
