#include "tools/fleetsim/page_server.h"

#include <utility>

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "tools/fleetsim/fleet_labels.h"

namespace tidemark::fleetsim {
namespace {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

// Prometheus keeps a connection to each target.
constexpr size_t kMaxConnections = 100'000;
constexpr int64_t kStopGraceMs = 1'000;

void WriteString(std::string_view text, JsonWriter* json) {
  json->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void WriteTarget(const Instance& instance, std::string_view address, JsonWriter* json) {
  json->StartObject();
  json->Key("targets");
  json->StartArray();
  WriteString(address, json);
  json->EndArray();
  json->Key("labels");
  json->StartObject();
  json->Key("__metrics_path__");
  WriteString(instance.path, json);
  for (const auto& [name, value] : instance.labels) {
    json->Key(name.c_str());
    WriteString(value, json);
  }
  json->EndObject();
  json->EndObject();
}

std::string PathBelow(std::optional<int> cluster, std::string_view file) {
  return cluster ? fmt::format("/{}/{}", ClusterName(*cluster), file) : fmt::format("/{}", file);
}

void AddRoute(std::string path, server::SyncHandler handler, server::RouteTable* routes) {
  server::Route route;
  route.path = std::move(path);
  route.methods = {server::Method::kGet, server::Method::kHead};
  route.handler = std::move(handler);
  routes->Add(std::move(route));
}

}  // namespace

PageServer::PageServer(const FleetModel* model, std::function<int64_t()> model_now_ms,
                       PageServerOptions options)
    : model_(model),
      model_now_ms_(std::move(model_now_ms)),
      options_(std::move(options)),
      page_(model),
      logger_(stderr, base::LogLevel::kWarn) {}

PageServer::~PageServer() = default;

absl::StatusOr<std::string> PageServer::Start() {
  ASSIGN_OR_RETURN(server::ResponsePolicy policy, server::ResponsePolicy::Create(".*"));
  server::HttpServerOptions options;
  options.listen_address = options_.listen_address;
  options.max_connections = kMaxConnections;
  ASSIGN_OR_RETURN(server_, server::HttpServer::Start(options, std::move(policy), Routes(),
                                                      {&clock_, &logger_, &metrics_}));
  return server_->address();
}

void PageServer::Stop() { server_->Stop(kStopGraceMs); }

server::RouteTable PageServer::Routes() const {
  server::RouteTable routes;
  for (const Instance& instance : model_->instances()) {
    const auto page = [this, &instance](const server::HttpRequest&) { return Page(instance); };
    AddRoute(instance.path, page, &routes);
  }
  for (int i = -1; i < model_->options().clusters; ++i) {
    const Cluster cluster = i < 0 ? std::nullopt : Cluster(i);
    const auto targets = [this, cluster](const server::HttpRequest&) { return Targets(cluster); };
    const auto yml = [this, cluster](const server::HttpRequest&) { return Configuration(cluster); };
    AddRoute(PathBelow(cluster, "targets"), targets, &routes);
    AddRoute(PathBelow(cluster, "prometheus.yml"), yml, &routes);
  }
  return routes;
}

server::HttpResponse PageServer::Page(const Instance& instance) const {
  server::HttpResponse response;
  response.content_type = kPageContentType;
  if (!page_.Render(instance, model_now_ms_(), &response.body)) {
    return server::TextResponse(503, "the process is down");
  }
  return response;
}

server::HttpResponse PageServer::Targets(Cluster cluster) const {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartArray();
  for (const Instance& instance : model_->instances()) {
    if (!cluster || instance.cluster == *cluster) {
      WriteTarget(instance, server_->address(), &json);
    }
  }
  json.EndArray();
  server::HttpResponse response;
  response.content_type = "application/json";
  response.body.assign(buffer.GetString(), buffer.GetSize());
  return response;
}

server::HttpResponse PageServer::Configuration(Cluster cluster) const {
  server::HttpResponse response;
  response.content_type = "application/yaml";
  response.body = fmt::format(
      "global:\n"
      "  scrape_interval: {0}\n"
      "  scrape_timeout: {0}\n"
      "scrape_configs:\n"
      "  - job_name: fleet\n"
      "    honor_labels: true\n"
      "    http_sd_configs:\n"
      "      - url: http://{1}{2}\n",
      options_.scrape_interval, server_->address(), PathBelow(cluster, "targets"));
  if (!options_.remote_write_url.empty()) {
    response.body += fmt::format("remote_write:\n  - url: {}\n", options_.remote_write_url);
  }
  return response;
}

}  // namespace tidemark::fleetsim
