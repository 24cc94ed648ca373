#include "server/api/status_routes.h"

#include <limits.h>
#include <unistd.h>

#include <thread>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "server/api/cardinality.h"
#include "server/api/envelope.h"
#include "server/api/param_values.h"
#include "server/api/routes_common.h"
#include "server/build_info.h"
#include "server/http/form.h"

namespace tidemark::server {
namespace {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

// One object, key by key.
class JsonObject {
 public:
  JsonObject() : writer_(buffer_) { writer_.StartObject(); }

  JsonObject& Add(std::string_view key, std::string_view value) {
    Key(key);
    writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
    return *this;
  }
  JsonObject& Add(std::string_view key, int64_t value) {
    Key(key);
    writer_.Int64(value);
    return *this;
  }
  JsonObject& AddBool(std::string_view key, bool value) {
    Key(key);
    writer_.Bool(value);
    return *this;
  }
  std::string Finish() {
    writer_.EndObject();
    return buffer_.GetString();
  }

 private:
  void Key(std::string_view key) {
    writer_.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  }

  rapidjson::StringBuffer buffer_;
  JsonWriter writer_;
};

HttpResponse Data(const std::string& json) {
  return ApiSuccess([&json](std::string* out) { *out += json; });
}

// No `features` object: clients would take the server for another product.
std::string BuildInfoJson() {
  const BuildInfo build = GetBuildInfo();
  return JsonObject()
      .Add("version", kPrometheusVersion)
      .Add("revision", build.revision)
      .Add("branch", "")
      .Add("buildUser", "")
      .Add("buildDate", "")
      .Add("goVersion", "")
      .Add("application", "tidemark")
      .Add("tidemarkVersion", build.version)
      .Add("compiler", build.compiler)
      .Finish();
}

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = {};
  return gethostname(name, HOST_NAME_MAX) == 0 ? name : "";
}

std::string WorkingDirectory() {
  char path[PATH_MAX] = {};
  return getcwd(path, sizeof(path)) != nullptr ? path : "";
}

std::string RuntimeInfoJson(const ServerStatus& status, int64_t now_ms) {
  const ServerStatus::Config config = status.config();
  return JsonObject()
      .Add("startTime", FormatRfc3339(status.start_time_ms))
      .Add("CWD", WorkingDirectory())
      .Add("hostname", HostName())
      .Add("serverTime", FormatRfc3339(now_ms))
      .AddBool("reloadConfigSuccess", config.last_reload_ok)
      .Add("lastConfigTime", FormatRfc3339(config.last_reload_ms))
      .Add("corruptionCount", int64_t{0})
      .Add("goroutineCount", int64_t{0})
      .Add("GOMAXPROCS", static_cast<int64_t>(std::thread::hardware_concurrency()))
      .Add("GOMEMLIMIT", int64_t{0})
      .Add("GOGC", "")
      .Add("GODEBUG", "")
      .Add("storageRetention", status.retention)
      .Finish();
}

std::string FlagsJson(const ServerStatus& status) {
  JsonObject object;
  for (const auto& [flag, value] : status.flags) {
    object.Add(flag, value);
  }
  return object.Finish();
}

// What counts as the head: series that were written to of late.
constexpr int64_t kHeadMs = 2 * 3600 * 1000;
constexpr size_t kDefaultTops = 10;
constexpr size_t kMostTops = 10'000;

HttpResponse Tsdb(const ApiBackend& backend, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  const std::string_view text = form->Get("limit");
  const absl::StatusOr<size_t> limit =
      text.empty() ? absl::StatusOr<size_t>(kDefaultTops) : ParseLimit(text);
  if (!limit.ok()) {
    return InvalidParameter("limit", limit.status());
  }
  if (*limit == 0 || *limit > kMostTops) {
    return ApiError(ApiErrorType::kBadData,
                    fmt::format("limit must be a number from 1 to {}", kMostTops));
  }
  storage::Selection extent;
  extent.max_time = backend.clock->NowMs();
  extent.min_time = extent.max_time - kHeadMs;
  const auto json = CardinalityJson(*backend.querier, extent, *limit);
  return json.ok() ? Data(*json) : LookupError(json.status());
}

void AddFixedAnswer(std::string_view path, std::string_view json, const BackendSlot* slot,
                    RouteTable* routes) {
  AddGetRoute(
      path,
      [json = std::string(json)](const ApiBackend&, const HttpRequest&) { return Data(json); },
      slot, routes);
}

// `/version` has no envelope and answers at any time.
void AddVersionRoute(RouteTable* routes) {
  Route route;
  route.path = "/version";
  route.methods = {Method::kGet};
  route.run_on = RunOn::kIoThread;
  route.handler = [](const HttpRequest&) {
    HttpResponse response;
    response.content_type = "application/json";
    response.body = BuildInfoJson();
    return response;
  };
  routes->Add(std::move(route));
}

}  // namespace

void AddStatusRoutes(const ServerStatus* status, const BackendSlot* slot, RouteTable* routes) {
  AddVersionRoute(routes);
  AddFixedAnswer("/api/v1/status/buildinfo", BuildInfoJson(), slot, routes);
  AddFixedAnswer("/api/v1/status/flags", FlagsJson(*status), slot, routes);
  AddGetRoute(
      "/api/v1/status/runtimeinfo",
      [status](const ApiBackend& backend, const HttpRequest&) {
        return Data(RuntimeInfoJson(*status, backend.clock->NowMs()));
      },
      slot, routes);
  AddGetRoute(
      "/api/v1/status/config",
      [status](const ApiBackend&, const HttpRequest&) {
        return Data(JsonObject().Add("yaml", status->config().yaml).Finish());
      },
      slot, routes);
  AddGetRoute("/api/v1/status/tsdb", Tsdb, slot, routes);
  // Nothing is scraped; tools ask nevertheless.
  AddFixedAnswer("/api/v1/targets",
                 R"({"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}})", slot,
                 routes);
  AddFixedAnswer("/api/v1/targets/metadata", "[]", slot, routes);
  AddFixedAnswer("/api/v1/scrape_pools", R"({"scrapePools":[]})", slot, routes);
  AddFixedAnswer("/api/v1/notifications", "[]", slot, routes);
}

}  // namespace tidemark::server
