#include "tests/server/testing/api_server.h"

#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "server/api/admin_routes.h"
#include "server/api/export_routes.h"
#include "server/api/lifecycle_routes.h"
#include "server/api/query_routes.h"
#include "server/api/series_routes.h"

namespace tidemark::server::testing {

absl::StatusOr<std::unique_ptr<storage::SeriesSet>> RecordingQuerier::Select(
    const storage::Selection& selection) const {
  Note(selection);
  return store_->Select(selection);
}

absl::StatusOr<std::vector<std::string>> RecordingQuerier::LabelNames(
    const storage::Selection& selection) const {
  Note(selection);
  return store_->LabelNames(selection);
}

absl::StatusOr<std::vector<std::string>> RecordingQuerier::LabelValues(
    std::string_view name, const storage::Selection& selection) const {
  Note(selection);
  return store_->LabelValues(name, selection);
}

void RecordingQuerier::Note(const storage::Selection& selection) const {
  min_time_ = selection.min_time;
  max_time_ = selection.max_time;
}

void FakeSink::Write(size_t, std::string_view compressed, Done done) {
  {
    base::MutexLock lock(&mu_);
    bodies_.emplace_back(compressed);
  }
  done(result);
}

std::vector<std::string> FakeSink::bodies() const {
  base::MutexLock lock(&mu_);
  return bodies_;
}

ApiServer::ApiServer(const ApiServerOptions& options)
    : engine_(&querier_, &clock_, options.engine) {
  backend_ = {.querier = &querier_,
              .engine = &engine_,
              .clock = &clock_,
              .describe = [this](std::string_view metric) {
                std::vector<MetricDescription> found;
                for (const MetricDescription& description : descriptions_) {
                  if (metric.empty() || description.metric == metric) {
                    found.push_back(description);
                  }
                }
                return found;
              }};
  status_.flags = {{"storage.path", "data"}, {"web.enable-lifecycle", "false"}};
  status_.start_time_ms = kNowMs - 1000;
  status_.retention = "15d";
  status_.config = [this] { return config; };
  auto server = HttpServer::Start(options.http, *ResponsePolicy::Create(".*"), Routes(options),
                                  {&clock_, &logger_, &metrics_});
  TIDEMARK_CHECK(server.ok(), "{}", server.status().ToString());
  server_ = *std::move(server);
}

void ApiServer::SetReady() {
  sink_slot_.Set(&sink_);
  slot_.SetReady(&backend_);
}

absl::Status ApiServer::NoteAdminCall(std::string call) {
  admin_calls.push_back(std::move(call));
  return admin_result;
}

RouteTable ApiServer::Routes(const ApiServerOptions& options) {
  RouteTable routes;
  AddQueryRoutes(&slot_, &routes);
  AddExportRoutes(&slot_, &routes);
  AddSeriesRoutes(&slot_, &routes);
  AddStatusRoutes(&status_, &slot_, &routes);
  rule_source_ = {.status = [this] { return groups; },
                  .history =
                      [this](const alert::HistoryQuery& query) {
                        asked = query;
                        return history;
                      },
                  .alertmanagers = [this] { return alertmanagers; }};
  AddRuleRoutes(&rule_source_, &slot_, &routes);
  AddWriteRoute(options.write, &sink_slot_, &slot_, &routes);
  AddAdminRoutes({.enabled = options.admin,
                  .delete_series =
                      [this](std::span<const Matchers> selectors, model::Timestamp min_time,
                             model::Timestamp max_time) {
                        std::string call = fmt::format("delete {}..{}", min_time, max_time);
                        for (const Matchers& matchers : selectors) {
                          call += fmt::format(" {} matchers", matchers.size());
                        }
                        return NoteAdminCall(std::move(call));
                      },
                  .clean_tombstones = [this] { return NoteAdminCall("clean"); },
                  .flush = [this] { return NoteAdminCall("flush"); },
                  .snapshot = [this]() -> absl::StatusOr<std::string> {
                    RETURN_IF_ERROR(NoteAdminCall("snapshot"));
                    return "20231114T221320Z-1";
                  }},
                 &slot_, &routes);
  AddLifecycleRoutes({.enabled = options.lifecycle,
                      .reload =
                          [this] {
                            reloads.Add();
                            return reload_result;
                          },
                      .quit = [this] { quits.Add(); }},
                     &slot_, &metrics_, &routes);
  return routes;
}

}  // namespace tidemark::server::testing
