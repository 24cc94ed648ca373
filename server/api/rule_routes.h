// /api/v1/rules, alerts, alerts/history and alertmanagers.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "alert/history/alert_history.h"
#include "alert/live/live_engine.h"
#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// Where the answers come from. The functions are thread-safe and are called while the server is
// ready.
struct RuleSource {
  std::function<std::vector<alert::LiveGroupStatus>()> status;
  std::function<absl::StatusOr<alert::HistoryAnswer>(const alert::HistoryQuery&)> history;
  // URLs that alerts are posted to.
  std::function<std::vector<std::string>()> alertmanagers;
};

// `source` and `slot` must outlive the routes.
void AddRuleRoutes(const RuleSource* source, const BackendSlot* slot, RouteTable* routes);

}  // namespace tidemark::server
