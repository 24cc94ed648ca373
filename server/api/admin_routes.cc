#include "server/api/admin_routes.h"

#include <utility>

#include "base/status_macros.h"
#include "server/api/envelope.h"
#include "server/api/routes_common.h"

namespace tidemark::server {
namespace {

void AddAction(std::string_view path, bool enabled, ApiHandler handler, const BackendSlot* slot,
               RouteTable* routes) {
  Route route;
  route.path = path;
  route.methods = {Method::kPost, Method::kPut};
  route.body_limit = kMaxFormBytes;
  route.handler = WithBackend(slot, std::move(handler));
  if (enabled) {
    route.admission = WhenReady(slot);
  } else {
    route.admission = [](const HttpRequest&) -> std::optional<HttpResponse> {
      HttpResponse refusal =
          ApiError(ApiErrorType::kUnavailable,
                   "admin APIs disabled: start the server with --web.enable-admin-api");
      refusal.status = 403;
      return refusal;
    };
  }
  routes->Add(std::move(route));
}

HttpResponse Answer(const absl::Status& status) {
  if (!status.ok()) {
    return ApiError(ApiErrorType::kInternal, base::Message(status));
  }
  HttpResponse done;
  done.status = 204;
  return done;
}

HttpResponse DeleteSeries(const AdminActions& actions, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  if (form->All("match[]").empty()) {
    return ApiError(ApiErrorType::kBadData, "no match[] parameter provided");
  }
  const auto extent = ReadExtent(*form);
  if (!extent.ok()) {
    return ApiError(ApiErrorType::kBadData, base::Message(extent.status()));
  }
  const auto selectors = ReadSelectors(*form);
  if (!selectors.ok()) {
    return ApiError(ApiErrorType::kBadData, base::Message(selectors.status()));
  }
  if (extent->max_time < extent->min_time) {
    return ApiError(ApiErrorType::kBadData, "end timestamp must not be before start timestamp");
  }
  return Answer(actions.delete_series(*selectors, extent->min_time, extent->max_time));
}

}  // namespace

void AddAdminRoutes(const AdminActions& actions, const BackendSlot* slot, RouteTable* routes) {
  AddAction(
      "/api/v1/admin/tsdb/delete_series", actions.enabled,
      [actions](const ApiBackend&, const HttpRequest& request) {
        return DeleteSeries(actions, request);
      },
      slot, routes);
  AddAction(
      "/api/v1/admin/tsdb/clean_tombstones", actions.enabled,
      [actions](const ApiBackend&, const HttpRequest&) {
        return Answer(actions.clean_tombstones());
      },
      slot, routes);
  AddAction(
      "/api/v1/admin/tsdb/flush", actions.enabled,
      [actions](const ApiBackend&, const HttpRequest&) { return Answer(actions.flush()); }, slot,
      routes);
}

}  // namespace tidemark::server
