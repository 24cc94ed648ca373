#include "server/api/admin_routes.h"

#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "server/api/envelope.h"
#include "server/api/routes_common.h"

namespace tidemark::server {
namespace {

HttpResponse Answer(const absl::Status& status) {
  if (!status.ok()) {
    return ApiError(ApiErrorType::kInternal, base::Message(status));
  }
  HttpResponse done;
  done.status = 204;
  return done;
}

// Names hold nothing that JSON would escape.
HttpResponse AnswerWithName(const absl::StatusOr<std::string>& name) {
  if (!name.ok()) {
    return Answer(name.status());
  }
  return ApiSuccess(
      [&name](std::string* json) { *json += fmt::format("{{\"name\":\"{}\"}}", *name); });
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
  AddAdminAction(
      "/api/v1/admin/tsdb/delete_series", actions.enabled,
      [actions](const ApiBackend&, const HttpRequest& request) {
        return DeleteSeries(actions, request);
      },
      slot, routes);
  AddAdminAction(
      "/api/v1/admin/tsdb/clean_tombstones", actions.enabled,
      [actions](const ApiBackend&, const HttpRequest&) {
        return Answer(actions.clean_tombstones());
      },
      slot, routes);
  AddAdminAction(
      "/api/v1/admin/tsdb/flush", actions.enabled,
      [actions](const ApiBackend&, const HttpRequest&) { return Answer(actions.flush()); }, slot,
      routes);
  AddAdminAction(
      "/api/v1/admin/tsdb/snapshot", actions.enabled,
      [actions](const ApiBackend&, const HttpRequest&) {
        return AnswerWithName(actions.snapshot());
      },
      slot, routes);
}

}  // namespace tidemark::server
