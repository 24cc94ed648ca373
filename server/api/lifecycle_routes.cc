#include "server/api/lifecycle_routes.h"

#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::server {
namespace {

constexpr std::string_view kFrontPage =
    "Tidemark. The Prometheus API is below /api/v1, the server's own metrics at /metrics.";

void AddPage(std::string_view path, RunOn run_on, SyncHandler handler, RouteTable* routes) {
  Route route;
  route.path = path;
  route.methods = {Method::kGet, Method::kHead};
  route.run_on = run_on;
  route.handler = std::move(handler);
  routes->Add(std::move(route));
}

void AddAction(std::string_view path, bool enabled, SyncHandler handler, RouteTable* routes) {
  Route route;
  route.path = path;
  route.methods = {Method::kPost, Method::kPut};
  route.body_limit = 1u << 10;  // nothing of it is read; some clients send a little
  route.handler = std::move(handler);
  if (!enabled) {
    route.admission = [](const HttpRequest&) -> std::optional<HttpResponse> {
      return TextResponse(403, "Lifecycle API is not enabled.");
    };
  }
  routes->Add(std::move(route));
}

HttpResponse Reload(const LifecycleActions& actions) {
  const absl::Status status = actions.reload();
  if (status.ok()) {
    return {};
  }
  return TextResponse(500,
                      fmt::format("failed to reload the configuration: {}", base::Message(status)));
}

HttpResponse Expose(const base::MetricsRegistry& metrics, const LifecycleActions& actions,
                    const BackendSlot& slot) {
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = metrics.Expose();
  if (actions.more_metrics && slot.Get() != nullptr) {
    response.body += actions.more_metrics();
  }
  return response;
}

}  // namespace

void AddLifecycleRoutes(const LifecycleActions& actions, const BackendSlot* slot,
                        const base::MetricsRegistry* metrics, RouteTable* routes) {
  AddPage(
      "/", RunOn::kIoThread, [](const HttpRequest&) { return TextResponse(200, kFrontPage); },
      routes);
  AddPage(
      "/-/healthy", RunOn::kIoThread,
      [](const HttpRequest&) { return TextResponse(200, "Tidemark is Healthy."); }, routes);
  AddPage(
      "/-/ready", RunOn::kIoThread,
      [slot](const HttpRequest&) {
        return slot->Get() == nullptr ? NotReady(*slot) : TextResponse(200, "Tidemark is Ready.");
      },
      routes);
  AddPage(
      "/metrics", RunOn::kApiPool,
      [metrics, actions, slot](const HttpRequest&) { return Expose(*metrics, actions, *slot); },
      routes);
  AddAction(
      "/-/reload", actions.enabled, [actions](const HttpRequest&) { return Reload(actions); },
      routes);
  AddAction(
      "/-/quit", actions.enabled,
      [actions](const HttpRequest&) {
        actions.quit();
        return TextResponse(200, "Requesting termination... Goodbye!");
      },
      routes);
}

}  // namespace tidemark::server
