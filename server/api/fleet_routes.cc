#include "server/api/fleet_routes.h"

#include <utility>

#include "base/status_macros.h"
#include "fleet/fleet_json.h"
#include "fmt/format.h"
#include "server/api/envelope.h"
#include "server/api/routes_common.h"
#include "server/http/form.h"

namespace tidemark::server {
namespace {

using Snapshot = std::shared_ptr<const fleet::FleetSnapshot>;
using Answer = std::function<HttpResponse(const Snapshot&, const FormValues&)>;

std::optional<fleet::Severity> SeverityNamed(std::string_view name) {
  for (const auto severity :
       {fleet::Severity::kInfo, fleet::Severity::kWarning, fleet::Severity::kCritical}) {
    if (name == ToString(severity)) {
      return severity;
    }
  }
  return name.empty() ? std::optional(fleet::Severity::kInfo) : std::nullopt;
}

HttpResponse Cluster(const Snapshot& fleet, const FormValues& form) {
  const std::string_view name = form.Get("name");
  const auto cluster = fleet->Find(name);
  if (cluster == nullptr) {
    return ApiError(ApiErrorType::kNotFound, fmt::format("no cluster \"{}\" is known", name));
  }
  return ApiSuccess([&](std::string* json) { AppendClusterJson(*cluster, json); });
}

HttpResponse Findings(const Snapshot& fleet, const FormValues& form) {
  const auto severity = SeverityNamed(form.Get("severity"));
  if (!severity.has_value()) {
    return InvalidParameter("severity", "must be info, warning or critical");
  }
  const std::string_view finding = form.Get("finding");
  if (!finding.empty() && fleet::FindFindingInfo(finding) == nullptr) {
    return InvalidParameter("finding", fmt::format("no finding is called \"{}\"", finding));
  }
  const fleet::FindingFilter filter{
      .cluster = form.Get("cluster"), .finding = finding, .at_least = *severity};
  return ApiSuccess([&](std::string* json) { AppendFindingsJson(*fleet, filter, json); });
}

// The whole fleet, as one of the functions of fleet_json.h writes it.
Answer Whole(void (*append)(const fleet::FleetSnapshot&, std::string*)) {
  return [append](const Snapshot& fleet, const FormValues&) {
    return ApiSuccess([&](std::string* json) { append(*fleet, json); });
  };
}

HttpResponse Forget(FleetSource* source, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  const std::string_view cluster = form->Get("cluster");
  const std::string_view task = form->Get("task");
  const absl::Status done =
      task.empty() ? source->Forget(cluster) : source->ForgetTask(cluster, task);
  if (!done.ok()) {
    return ApiError(ApiErrorType::kNotFound, base::Message(done));
  }
  HttpResponse response;
  response.status = 204;
  return response;
}

}  // namespace

void AddFleetRoutes(const std::function<FleetSource*()>& source, bool enable_admin,
                    const BackendSlot* slot, RouteTable* routes) {
  const auto add = [&](std::string_view path, Answer answer) {
    AddFormRoute(
        path, RunOn::kApiPool,
        [source, answer = std::move(answer)](const ApiBackend&, const HttpRequest& request) {
          const auto form = FormValues::Parse(request);
          return form.ok() ? answer(source()->snapshot(), *form) : MalformedForm(form.status());
        },
        slot, routes);
  };
  add("/api/v1/fleet/clusters", Whole(fleet::AppendClustersJson));
  add("/api/v1/fleet/cluster", Cluster);
  add("/api/v1/fleet/tasks", Whole(fleet::AppendTasksJson));
  add("/api/v1/fleet/findings", Findings);
  add("/api/v1/fleet/incidents", Whole(fleet::AppendIncidentsJson));
  AddAdminAction(
      "/api/v1/admin/fleet/forget", enable_admin,
      [source](const ApiBackend&, const HttpRequest& request) { return Forget(source(), request); },
      slot, routes);
}

}  // namespace tidemark::server
