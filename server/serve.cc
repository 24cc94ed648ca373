#include "server/serve.h"

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include <sys/resource.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/status_macros.h"
#include "query/cache/range_cache.h"
#include "query/engine/engine.h"
#include "query/parser/parser.h"
#include "server/alerting/rule_runtime.h"
#include "server/api/admin_routes.h"
#include "server/api/export_routes.h"
#include "server/api/fleet_routes.h"
#include "server/api/lifecycle_routes.h"
#include "server/api/query_routes.h"
#include "server/api/rule_routes.h"
#include "server/api/series_routes.h"
#include "server/api/status_routes.h"
#include "server/api/write_route.h"
#include "server/build_info.h"
#include "server/config/config_store.h"
#include "server/data_lock.h"
#include "server/fleet/fleet_service.h"
#include "server/grpc/grpc_server.h"
#include "server/http/http_server.h"
#include "server/process_metrics.h"
#include "server/receiver_sink.h"
#include "storage/db.h"

namespace tidemark::server {
namespace {

storage::SyncMode SyncModeOf(std::string_view name) {
  if (name == "off") {
    return storage::SyncMode::kOff;
  }
  return name == "interval" ? storage::SyncMode::kInterval : storage::SyncMode::kAlways;
}

// The selectors were checked when the configuration was read.
std::vector<storage::RetentionRule> RetentionRulesOf(const Config& config) {
  std::vector<storage::RetentionRule> rules;
  for (const RetentionOverride& entry : config.retention) {
    auto matchers = query::ParseSelector(entry.match);
    TIDEMARK_CHECK(matchers.ok(), "{}: {}", entry.match, base::Message(matchers.status()));
    rules.push_back({*std::move(matchers), entry.keep_ms});
  }
  return rules;
}

storage::DbOptions DbOptionsOf(const ServeFlags& flags, const Limits& limits,
                               const Config& config) {
  storage::DbOptions options;
  options.path = flags.storage_path;
  options.retention_ms = flags.retention_ms;
  options.retention_bytes = flags.retention_bytes;
  options.retention_rules = RetentionRulesOf(config);
  options.max_future_ms = limits.max_sample_future_ms;
  options.sweep_interval_ms = flags.sweep_interval_ms;
  options.sweep_journal_bytes = flags.sweep_journal_bytes;
  options.inactive_after_ms = flags.inactive_after_ms;
  options.consolidation_interval_ms = flags.consolidation_interval_ms;
  options.sync = SyncModeOf(flags.journal_sync);
  options.sync_interval_ms = flags.journal_sync_interval_ms;
  options.max_pending_journal_bytes = flags.journal_max_pending_bytes;
  return options;
}

size_t ThreadsOr(size_t asked) {
  return asked > 0 ? asked : std::max<size_t>(std::thread::hardware_concurrency(), 1);
}

query::EngineOptions EngineOptionsOf(const ServeFlags& flags) {
  query::EngineOptions options;
  options.threads = ThreadsOr(flags.query_threads);
  options.lookback_ms = flags.query_lookback_ms;
  options.timeout_ms = flags.query_timeout_ms;
  options.max_samples = flags.query_max_samples;
  options.enable_experimental = flags.experimental_functions;
  options.enable_fill_modifiers = flags.fill_modifiers;
  options.enable_extended_ranges = flags.extended_ranges;
  options.delayed_name_removal = flags.delayed_name_removal;
  return options;
}

FleetServiceOptions FleetOptionsOf(const ServeFlags& flags, const Config& config) {
  FleetServiceOptions options;
  if (!config.rules.identity.names.empty()) {
    options.fleet.identity = config.rules.identity;
  }
  options.folder = flags.storage_path;
  options.fleet.expected = flags.fleet_expected_clusters;
  options.fleet.group_labels = flags.fleet_incident_labels;
  return options;
}

RuleRuntimeOptions RuleOptionsOf(const ServeFlags& flags) {
  RuleRuntimeOptions options;
  options.history.dir = flags.storage_path + "/alerts";
  options.history.sync = SyncModeOf(flags.journal_sync);
  options.history.sync_interval_ms = flags.journal_sync_interval_ms;
  options.history.retention_ms = flags.retention_ms;
  options.external_url = flags.external_url;
  options.resend_delay_ms = flags.resend_delay_ms;
  options.notification_queue_capacity = flags.notification_queue_capacity;
  return options;
}

HttpServerOptions HttpOptionsOf(const ServeFlags& flags) {
  HttpServerOptions options;
  options.listen_address = flags.listen_address;
  options.io_threads = ThreadsOr(flags.io_threads);
  options.query_threads = flags.query_max_concurrency;
  options.max_connections = flags.max_connections;
  options.read_timeout_ms = flags.read_timeout_ms;
  return options;
}

std::vector<MetricDescription> Describe(const storage::Db& db, std::string_view metric) {
  std::vector<MetricDescription> descriptions;
  for (auto& [name, metadata] : db.Metadata(metric)) {
    descriptions.push_back({std::move(name), std::string(storage::MetricTypeText(metadata.type)),
                            std::move(metadata.help), std::move(metadata.unit)});
  }
  return descriptions;
}

// Connections and the store's files together need more than the usual soft limit.
void RaiseFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

// The parts of a running server, in the order in which they need each other.
class Server {
 public:
  Server(const ServeFlags& flags, Signals* signals, base::Logger* logger)
      : flags_(flags), signals_(signals), logger_(logger) {}

  absl::Status Start();
  void WaitForQuit();
  absl::Status Stop();

 private:
  absl::Status StartListening();
  absl::Status StartGrpc();
  absl::Status OpenStore();
  absl::Status OpenRules();
  void FillStatus();
  RouteTable Routes();
  absl::Status ApplyConfig(const Config& config);

  const ServeFlags& flags_;
  Signals* const signals_;
  base::Logger* const logger_;
  const base::SystemClock clock_;
  base::MetricsRegistry metrics_;
  std::unique_ptr<ConfigStore> config_;
  Limits started_limits_;
  fleet::IdentityRules started_identity_;
  std::unique_ptr<DataLock> lock_;
  ServerStatus status_;
  BackendSlot slot_;
  SinkSlot sink_slot_;
  ApiBackend backend_;
  std::unique_ptr<storage::Db> db_;
  std::unique_ptr<query::Engine> engine_;
  std::unique_ptr<query::RangeCache> range_cache_;
  std::unique_ptr<ReceiverSink> sink_;
  std::unique_ptr<GrpcServer> grpc_;  // null: there is none; the next ones tell it of changes
  std::unique_ptr<FleetService> fleet_;
  std::unique_ptr<RuleRuntime> rules_;
  RuleSource rule_source_;
  std::unique_ptr<HttpServer> http_;  // last: its handlers use all of the above
};

absl::Status Server::Start() {
  const BuildInfo build = GetBuildInfo();
  logger_->Info("starting", {{"version", build.version}, {"revision", build.revision}});
  RaiseFileLimit();
  ASSIGN_OR_RETURN(config_, ConfigStore::Open(flags_.config_file, {&clock_, logger_, &metrics_}));
  started_limits_ = config_->config().limits;
  started_identity_ = config_->config().rules.identity;
  ASSIGN_OR_RETURN(lock_, DataLock::Acquire(flags_.storage_path));
  FillStatus();
  AddProcessMetrics(status_.start_time_ms, &metrics_);
  RETURN_IF_ERROR(StartListening());
  return OpenStore();
}

void Server::FillStatus() {
  status_.flags = flags_.as_text;
  status_.start_time_ms = clock_.NowMs();
  status_.retention = flags_.as_text.at("storage.tsdb.retention.time");
  status_.config = [this]() -> ServerStatus::Config {
    const ConfigStore::ReloadState reload = config_->last_reload();
    return {ToYaml(config_->config()), reload.ok, reload.at_ms};
  };
}

absl::Status Server::StartListening() {
  ASSIGN_OR_RETURN(ResponsePolicy policy, ResponsePolicy::Create(flags_.cors_origin));
  ASSIGN_OR_RETURN(http_, HttpServer::Start(HttpOptionsOf(flags_), std::move(policy), Routes(),
                                            {&clock_, logger_, &metrics_}));
  logger_->Info("listening", {{"address", http_->address()}});
  return flags_.grpc_listen_address.empty() ? absl::OkStatus() : StartGrpc();
}

absl::Status Server::StartGrpc() {
  GrpcServerOptions options;
  options.listen_address = flags_.grpc_listen_address;
  ASSIGN_OR_RETURN(grpc_, GrpcServer::Start(options, {.slot = &slot_,
                                                      .fleet = [this] { return fleet_.get(); },
                                                      .rules = &rule_source_,
                                                      .query_pool = &http_->Pool(RunOn::kQueryPool),
                                                      .lookup_pool = &http_->Pool(RunOn::kApiPool),
                                                      .clock = &clock_,
                                                      .metrics = &metrics_}));
  logger_->Info("listening for gRPC", {{"address", grpc_->address()}});
  return absl::OkStatus();
}

RouteTable Server::Routes() {
  RouteTable routes;
  AddQueryRoutes(&slot_, &routes);
  AddExportRoutes(&slot_, &routes);
  AddSeriesRoutes(&slot_, &routes);
  AddStatusRoutes(&status_, &slot_, &routes);
  AddRuleRoutes(&rule_source_, &slot_, &routes);
  AddAdminRoutes({.enabled = flags_.enable_admin_api,
                  .delete_series =
                      [this](std::span<const Matchers> selectors, model::Timestamp min_time,
                             model::Timestamp max_time) {
                        return db_->DeleteSeries(selectors, min_time, max_time);
                      },
                  .clean_tombstones = [this] { return db_->CleanTombstones(); },
                  .flush = [this] { return db_->Flush(); },
                  .snapshot = [this] { return db_->Snapshot(); }},
                 &slot_, &routes);
  AddWriteRoute({.enabled = flags_.enable_remote_write,
                 .max_request_bytes = started_limits_.max_request_bytes},
                &sink_slot_, &slot_, &routes);
  AddLifecycleRoutes({.enabled = flags_.enable_lifecycle,
                      .reload = [this] { return config_->Reload(); },
                      .quit = [this] { signals_->Quit(); },
                      .more_metrics = [this] { return rules_->ExposeMetrics(); }},
                     &slot_, &metrics_, &routes);
  AddFleetRoutes([this] { return fleet_.get(); }, flags_.enable_admin_api, &slot_, &routes);
  return routes;
}

absl::Status Server::OpenStore() {
  const int64_t began = clock_.SteadyNanos();
  ASSIGN_OR_RETURN(db_, storage::Db::Open(DbOptionsOf(flags_, started_limits_, config_->config()),
                                          {&clock_, logger_, &metrics_, nullptr}));
  engine_ = std::make_unique<query::Engine>(db_.get(), &clock_, EngineOptionsOf(flags_));
  range_cache_ = std::make_unique<query::RangeCache>(engine_.get(), db_.get(),
                                                     flags_.query_cache_bytes, &metrics_);
  sink_ = std::make_unique<ReceiverSink>(db_.get(), &metrics_, HttpOptionsOf(flags_).io_threads,
                                         config_->config().limits);
  fleet_ = std::make_unique<FleetService>(
      FleetOptionsOf(flags_, config_->config()),
      FleetService::Deps{db_.get(), &clock_, logger_, &metrics_, nullptr,
                         [this] {
                           if (grpc_ != nullptr) {
                             grpc_->FleetChanged();
                           }
                         },
                         [this](model::LabelsView cluster) { rules_->Forget(cluster); }});
  fleet_->Start();
  RETURN_IF_ERROR(OpenRules());
  config_->SetListener([this](const Config& config) { return ApplyConfig(config); });
  backend_ = {.querier = db_.get(),
              .engine = engine_.get(),
              .range_cache = range_cache_.get(),
              .clock = &clock_,
              .describe = [this](std::string_view metric) { return Describe(*db_, metric); }};
  sink_slot_.Set(sink_.get());
  slot_.SetReady(&backend_);
  if (grpc_ != nullptr) {
    grpc_->SetReady();
  }
  const int64_t duration_ms = (clock_.SteadyNanos() - began) / 1'000'000;
  logger_->Info("ready", {{"series", db_->series_count()}, {"duration_ms", duration_ms}});
  return absl::OkStatus();
}

absl::Status Server::OpenRules() {
  ASSIGN_OR_RETURN(rules_, RuleRuntime::Open(RuleOptionsOf(flags_), config_->config(),
                                             {db_.get(), engine_.get(), &clock_, logger_, &metrics_,
                                              [this](const alert::AlertRecord& record) {
                                                if (grpc_ != nullptr) {
                                                  grpc_->AlertChanged(record);
                                                }
                                              }}));
  rule_source_ = {
      .status = [this] { return rules_->Status(); },
      .history =
          [this](const alert::HistoryQuery& query) { return rules_->history().Query(query); },
      .alertmanagers = [this] { return rules_->Alertmanagers(); }};
  rules_->Start();
  return absl::OkStatus();
}

// The rules first: only they can be refused.
absl::Status Server::ApplyConfig(const Config& config) {
  RETURN_IF_ERROR(rules_->Apply(config));
  sink_->SetLimits(config.limits);
  db_->SetRetentionRules(RetentionRulesOf(config));
  if (config.limits.max_request_bytes != started_limits_.max_request_bytes ||
      config.limits.max_sample_future_ms != started_limits_.max_sample_future_ms) {
    logger_->Warn(
        "limits.max_request_bytes and limits.max_sample_future take effect at the next start");
  }
  if (config.rules.identity != started_identity_) {
    logger_->Warn("the fleet's view takes the new identity at the next start; rules have it now");
  }
  return absl::OkStatus();
}

void Server::WaitForQuit() {
  while (signals_->Wait() == Event::kReload) {
    // A failure is logged and counted; the old configuration stays.
    (void)config_->Reload();
  }
}

absl::Status Server::Stop() {
  slot_.SetStopping();
  sink_slot_.Set(nullptr);
  if (grpc_ != nullptr) {
    grpc_->Stop(flags_.drain_timeout_ms);
  }
  if (http_ != nullptr) {
    logger_->Info("stopping", {{"grace_ms", flags_.drain_timeout_ms}});
    http_->Stop(flags_.drain_timeout_ms);
  }
  if (db_ == nullptr) {
    return absl::OkStatus();
  }
  if (fleet_ != nullptr) {
    fleet_->Stop();
  }
  const absl::Status rules = rules_ == nullptr ? absl::OkStatus() : rules_->Stop();
  RETURN_IF_ERROR(db_->Close());
  RETURN_IF_ERROR(base::Annotate(rules, "keep the states of alerts"));
  logger_->Info("stopped");
  return absl::OkStatus();
}

}  // namespace

absl::Status Serve(const ServeFlags& flags, Signals* signals, base::Logger* logger) {
  Server server(flags, signals, logger);
  const absl::Status started = server.Start();
  if (started.ok()) {
    server.WaitForQuit();
  }
  const absl::Status stopped = server.Stop();
  return started.ok() ? stopped : started;
}

}  // namespace tidemark::server
