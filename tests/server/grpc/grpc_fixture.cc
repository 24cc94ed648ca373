#include "tests/server/grpc/grpc_fixture.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"

namespace tidemark::server::testing {
namespace {

// Series after series that have ended: samples to work on, and none of them counts.
class EndlessSeries final : public storage::SeriesSet {
 public:
  explicit EndlessSeries(model::Timestamp end) : end_(end) {}
  bool Next() override { return true; }
  model::LabelsView labels() const override { return labels_; }
  absl::Status Read(storage::SampleColumns* columns) override {
    columns->clear();
    for (int i = 0; i < kSamples; ++i) {
      columns->Append(end_ - kSamples + i, model::StaleMarker());
    }
    return absl::OkStatus();
  }

 private:
  static constexpr int kSamples = 1000;
  const model::Timestamp end_;
  const model::Labels labels_ = model::Labels::Of({{"__name__", "endless"}});
};

alert::RuleGroup LagGroup() {
  alert::RuleGroup group;
  group.file = "rules.yml";
  group.name = "backup";
  return group;
}

}  // namespace

absl::StatusOr<std::unique_ptr<storage::SeriesSet>> StoreWithEndlessMetric::Select(
    const storage::Selection& selection) const {
  const model::Labels endless = model::Labels::Of({{"__name__", "endless"}});
  const bool is_endless =
      std::all_of(selection.matchers.begin(), selection.matchers.end(),
                  [&](const model::Matcher& matcher) { return matcher.Matches(endless); });
  if (is_endless) {
    return std::make_unique<EndlessSeries>(selection.max_time);
  }
  return memory.Select(selection);
}

void FedFleet::Send(const std::string& cluster, double status, int64_t t) {
  base::MutexLock lock(&mu_);
  const auto input = fleet_.Attach(model::Labels::Of({{"__name__", "tikv_log_backup_task_status"},
                                                      {"cluster", cluster},
                                                      {"instance", "tikv-0"},
                                                      {"task", "pitr"}}));
  fleet_.Apply(*input, {t, status}, t);
}

void FedFleet::Evaluate(int64_t now_ms) {
  base::MutexLock lock(&mu_);
  fleet_.Evaluate(now_ms);
}

RuleSource MadeUpAlerts::Source() {
  return {
      .status =
          [this] {
            base::MutexLock lock(&mu_);
            alert::LiveGroupStatus group;
            group.group = LagGroup();
            alert::LiveRuleStatus& rule = group.rules.emplace_back();
            rule.rule.name = "Lag";
            for (const alert::Alert& alert : active_) {
              rule.alerts.push_back({{}, alert});
            }
            return std::vector{group};
          },
      .history = [this](const alert::HistoryQuery& query) -> absl::StatusOr<alert::HistoryAnswer> {
        base::MutexLock lock(&mu_);
        asked_ = query;
        return history_;
      },
      .alertmanagers = [] { return std::vector<std::string>(); }};
}

void MadeUpAlerts::SetActive(std::vector<alert::Alert> alerts) {
  base::MutexLock lock(&mu_);
  active_ = std::move(alerts);
}

void MadeUpAlerts::SetHistory(alert::HistoryAnswer answer) {
  base::MutexLock lock(&mu_);
  history_ = std::move(answer);
}

alert::HistoryQuery MadeUpAlerts::asked() const {
  base::MutexLock lock(&mu_);
  return asked_;
}

alert::Alert LagAlert(const std::string& cluster, alert::AlertState state) {
  alert::Alert alert;
  alert.labels =
      model::Labels::Of({{"alertname", "Lag"}, {"cluster", cluster}, {"severity", "critical"}});
  alert.annotations = {{"summary", "the backup is late"}};
  alert.value = 700;
  alert.state = state;
  alert.active_at = kNowMs - 60'000;
  if (state == alert::AlertState::kFiring) {
    alert.fired_at = kNowMs - 1000;
  }
  return alert;
}

alert::AlertRecord LagRecord(const std::string& cluster, alert::AlertState from,
                             alert::AlertState to) {
  alert::AlertRecord record;
  record.file = LagGroup().file;
  record.group = LagGroup().name;
  record.rule = "Lag";
  record.from = from;
  record.t = kNowMs;
  record.received_at = kNowMs + 5;
  record.sample_time = kNowMs - 20;
  record.cause = "arrival";
  record.alert = LagAlert(cluster, to);
  return record;
}

GrpcTest::GrpcTest(fleet::FleetOptions fleet)
    : engine_(&store_, &clock_, {}), fleet_(std::move(fleet)) {
  backend_.querier = &store_;
  backend_.engine = &engine_;
  backend_.clock = &clock_;
}

GrpcTest::~GrpcTest() {
  if (server_ != nullptr) {
    server_->Stop(0);
  }
}

void GrpcTest::Start(const GrpcServerOptions& options, bool ready) {
  queries_ = std::make_unique<WorkerPool>("queries", query_threads_);
  lookups_ = std::make_unique<WorkerPool>("lookups", 2);
  GrpcServerOptions on_loopback = options;
  on_loopback.listen_address = "127.0.0.1:0";
  auto server = GrpcServer::Start(on_loopback, {.slot = &slot_,
                                                .fleet = [this] { return &fleet_; },
                                                .rules = &rules_,
                                                .query_pool = queries_.get(),
                                                .lookup_pool = lookups_.get(),
                                                .clock = &clock_,
                                                .metrics = &metrics_});
  TIDEMARK_CHECK(server.ok(), "{}", server.status().ToString());
  server_ = *std::move(server);
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // the server is on this machine
  channel_ = grpc::CreateCustomChannel(fmt::format("127.0.0.1:{}", server_->port()),
                                       grpc::InsecureChannelCredentials(), arguments);
  if (ready) {
    SetReady();
  }
}

void GrpcTest::SetReady() {
  slot_.SetReady(&backend_);
  server_->SetReady();
}

double GrpcTest::Value(const std::string& series) const {
  const std::string text = "\n" + metrics_.Expose();
  const size_t at = text.find("\n" + series + " ");
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + series.size() + 2, nullptr);
}

double GrpcTest::Ended(const std::string& method, const std::string& code) const {
  return Value(fmt::format("tidemark_grpc_rpcs_total{{method=\"{}\",code=\"{}\"}}", method, code));
}

double GrpcTest::Open(const std::string& method) const {
  return Value(fmt::format("tidemark_grpc_open_rpcs{{method=\"{}\"}}", method));
}

}  // namespace tidemark::server::testing
