#include "server/api/status_routes.h"

#include <limits.h>
#include <unistd.h>

#include <thread>
#include <utility>
#include <vector>

#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "server/api/envelope.h"
#include "server/api/param_values.h"
#include "server/api/routes_common.h"
#include "server/build_info.h"

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
  // Nothing is scraped and no rules are loaded; tools ask nevertheless.
  AddFixedAnswer("/api/v1/targets",
                 R"({"activeTargets":[],"droppedTargets":[],"droppedTargetCounts":{}})", slot,
                 routes);
  AddFixedAnswer("/api/v1/rules", R"({"groups":[]})", slot, routes);
  AddFixedAnswer("/api/v1/alerts", R"({"alerts":[]})", slot, routes);
  AddFixedAnswer("/api/v1/alertmanagers", R"({"activeAlertmanagers":[],"droppedAlertmanagers":[]})",
                 slot, routes);
}

}  // namespace tidemark::server
