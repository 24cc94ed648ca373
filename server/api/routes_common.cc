#include "server/api/routes_common.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "query/parser/parser.h"
#include "server/api/envelope.h"
#include "server/api/param_values.h"

namespace tidemark::server {
namespace {

absl::StatusOr<model::Timestamp> ReadTime(const FormValues& form, std::string_view name,
                                          model::Timestamp if_missing) {
  const std::string_view text = form.Get(name);
  if (text.empty()) {
    return if_missing;
  }
  auto time = ParseTime(text);
  if (!time.ok()) {
    return base::Annotate(time.status(), fmt::format("invalid parameter \"{}\"", name));
  }
  return time;
}

absl::StatusOr<Matchers> ReadSelector(std::string_view text) {
  ASSIGN_OR_RETURN(Matchers matchers, query::ParseSelector(text));
  const auto matches_empty = [](const model::Matcher& m) { return m.MatchesEmpty(); };
  if (std::all_of(matchers.begin(), matchers.end(), matches_empty)) {
    return absl::InvalidArgumentError("match[] must contain at least one non-empty matcher");
  }
  return matchers;
}

}  // namespace

Route FormRoute(std::string_view path, RunOn run_on, const BackendSlot* slot) {
  Route route;
  route.path = path;
  route.methods = {Method::kGet, Method::kPost};
  route.run_on = run_on;
  route.body_limit = kMaxFormBytes;
  route.admission = WhenReady(slot);
  return route;
}

void AddFormRoute(std::string_view path, RunOn run_on, ApiHandler handler, const BackendSlot* slot,
                  RouteTable* routes) {
  Route route = FormRoute(path, run_on, slot);
  route.handler = WithBackend(slot, std::move(handler));
  routes->Add(std::move(route));
}

Route GetRoute(std::string_view path, const BackendSlot* slot) {
  Route route;
  route.path = path;
  route.methods = {Method::kGet};
  route.admission = WhenReady(slot);
  return route;
}

void AddGetRoute(std::string_view path, ApiHandler handler, const BackendSlot* slot,
                 RouteTable* routes) {
  Route route = GetRoute(path, slot);
  route.handler = WithBackend(slot, std::move(handler));
  routes->Add(std::move(route));
}

void AddAdminAction(std::string_view path, bool enabled, ApiHandler handler,
                    const BackendSlot* slot, RouteTable* routes) {
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

HttpResponse MalformedForm(const absl::Status& status) {
  return ApiError(ApiErrorType::kBadData,
                  fmt::format("error parsing form values: {}", base::Message(status)));
}

absl::StatusOr<std::vector<Matchers>> ReadSelectors(const FormValues& form) {
  std::vector<Matchers> selectors;
  for (const std::string_view text : form.All("match[]")) {
    auto selector = ReadSelector(text);
    if (!selector.ok()) {
      return base::Annotate(selector.status(), "invalid parameter \"match[]\"");
    }
    selectors.push_back(*std::move(selector));
  }
  return selectors;
}

absl::StatusOr<storage::Selection> ReadExtent(const FormValues& form) {
  storage::Selection extent;
  ASSIGN_OR_RETURN(extent.min_time, ReadTime(form, "start", model::kMinTimestamp));
  ASSIGN_OR_RETURN(extent.max_time, ReadTime(form, "end", model::kMaxTimestamp));
  return extent;
}

}  // namespace tidemark::server
