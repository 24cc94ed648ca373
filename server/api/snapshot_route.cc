#include "server/api/snapshot_route.h"

#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "server/api/envelope.h"
#include "server/api/routes_common.h"

namespace tidemark::server {
namespace {

std::optional<HttpResponse> RefuseAdmin(const HttpRequest& /*request*/) {
  HttpResponse refusal = ApiError(ApiErrorType::kUnavailable,
                                  "admin APIs disabled: start the server with "
                                  "--web.enable-admin-api");
  refusal.status = 403;
  return refusal;
}

// Names hold nothing that JSON would escape.
HttpResponse Answer(const absl::StatusOr<std::string>& name) {
  if (!name.ok()) {
    return ApiError(ApiErrorType::kInternal, base::Message(name.status()));
  }
  return ApiSuccess(
      [&name](std::string* json) { *json += fmt::format("{{\"name\":\"{}\"}}", *name); });
}

}  // namespace

void AddSnapshotRoute(bool enabled, std::function<absl::StatusOr<std::string>()> snapshot,
                      const BackendSlot* slot, RouteTable* routes) {
  Route route;
  route.path = "/api/v1/admin/tsdb/snapshot";
  route.methods = {Method::kPost, Method::kPut};
  route.body_limit = kMaxFormBytes;
  route.admission = enabled ? WhenReady(slot) : Admission(RefuseAdmin);
  route.handler =
      WithBackend(slot, [snapshot = std::move(snapshot)](const ApiBackend&, const HttpRequest&) {
        return Answer(snapshot());
      });
  routes->Add(std::move(route));
}

}  // namespace tidemark::server
