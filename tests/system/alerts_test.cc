// Rules in the real server: fleets of clusters with one task name, a cluster that is cut off, a
// server that is killed, and a real Alertmanager.
#include <csignal>
#include <fstream>
#include <iostream>

#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/clock.h"
#include "fmt/format.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "tests/system/alert_watcher.h"
#include "tests/testing/child_process.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_receiver.h"
#include "tests/testing/prometheus_process.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/write_request.h"

namespace tidemark::testing {
namespace {

constexpr int64_t kPatienceMs = 120'000;
constexpr double kTsoPerSecond = 262'144'000;
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kHourMs = 60 * kMinuteMs;

enum class TaskStatus { kRunning = 0, kPaused = 1, kFailed = 2 };

// One scrape of a cluster's log backup task: its checkpoint is `lag_ms` behind `t`.
std::vector<SentSeries> ScrapeOf(const std::string& cluster, int64_t t, int64_t lag_ms,
                                 TaskStatus status) {
  const double checkpoint = static_cast<double>(t - lag_ms) / 1000 * kTsoPerSecond;
  return {{{{"__name__", "tidb_log_backup_last_checkpoint"},
            {"cluster", cluster},
            {"instance", "10.0.0.1:10080"},
            {"job", "tidb"},
            {"task", "pitr"}},
           {{t, checkpoint}}},
          {{{"__name__", "tikv_log_backup_task_status"},
            {"cluster", cluster},
            {"instance", "10.0.0.2:20180"},
            {"job", "tikv"},
            {"task", "pitr"}},
           {{t, static_cast<double>(status)}}}};
}

class AlertsTest : public ::testing::Test {
 protected:
  // Rules that are evaluated by `flags` and with `settings` of the section `rules`.
  void StartTidemark(const std::string& rules, const std::string& settings = "",
                     std::vector<std::string> flags = {}) {
    std::ofstream(dir_.File("rules.yml")) << rules;
    std::ofstream(dir_.File("tidemark.yml")) << fmt::format(
        "rule_files: [rules.yml]\nglobal: {{evaluation_interval: 1s}}\n{}"
        "alerting: {{alertmanagers: [{{{}static_configs: [{{targets: ['{}:{}']}}]}}]}}\n",
        settings, alertmanager_settings_, alertmanager_host_, alertmanager_port_);
    flags.push_back("--config.file=" + dir_.File("tidemark.yml"));
    flags.push_back("--web.enable-lifecycle");
    options_ = {.data_dir = dir_.File("data"),
                .log_path = dir_.File("tidemark.log"),
                .flags = std::move(flags)};
    Restart();
  }
  void Restart() {
    auto server = ServerProcess::Start(options_);
    TIDEMARK_CHECK(server.ok(), "{}", server.status().ToString());
    server_ = *std::move(server);
    watcher_ = std::make_unique<AlertWatcher>(server_->port());
  }

  static std::string ReadFile(const std::string& path) {
    std::ifstream file(path);
    TIDEMARK_CHECK(file.good(), "{}", path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  static void Send(uint16_t port, const std::vector<SentSeries>& series) {
    HttpClient http(port);
    const auto answer = PostWrite(&http, SnappyCompress(EncodeWriteRequest(series)));
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->status / 100, 2) << answer->body;
  }
  void Send(const std::vector<SentSeries>& series) { Send(server_->port(), series); }

  int64_t Now() const { return clock_.NowMs(); }

  // Waits until the receiver was told that the alert fires.
  bool WaitTold(const std::string& name) {
    return WaitUntil(
        [&] {
          const std::vector<ToldAlert> told = ToldTo(receiver_);
          return std::any_of(told.begin(), told.end(),
                             [&](const ToldAlert& alert) { return alert.Name() == name; });
        },
        kPatienceMs);
  }

  TempDir dir_;
  base::SystemClock clock_;
  const HttpReceiver receiver_;
  std::string alertmanager_host_ = "127.0.0.1";
  uint16_t alertmanager_port_ = receiver_.port();
  std::string alertmanager_settings_;  // beside its targets
  ServerOptions options_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<AlertWatcher> watcher_;
};

// A hundred clusters whose task has one name; some of them are in trouble, each in another way.
class RecommendedRulesTest : public AlertsTest {
 protected:
  static constexpr int kClusters = 100;

  static std::vector<SentSeries> HealthyFleet(int64_t t) {
    std::vector<SentSeries> fleet;
    for (int i = 0; i < kClusters; ++i) {
      const auto scrape = ScrapeOf(fmt::format("c{}", i), t, kMinuteMs, TaskStatus::kRunning);
      fleet.insert(fleet.end(), scrape.begin(), scrape.end());
    }
    return fleet;
  }

  static std::vector<SentSeries> Troubles(int64_t t) {
    std::vector<SentSeries> troubles;
    for (const auto& [cluster, lag_ms, status] :
         {std::tuple("c7", kMinuteMs, TaskStatus::kFailed),
          std::tuple("c23", 11 * kMinuteMs, TaskStatus::kRunning),
          std::tuple("c42", 31 * kMinuteMs, TaskStatus::kRunning),
          std::tuple("c58", 3 * kHourMs, TaskStatus::kPaused),
          std::tuple("c91", 13 * kHourMs, TaskStatus::kPaused),
          // Not yet: time alone makes it so.
          std::tuple("c77", 10 * kMinuteMs - 5000, TaskStatus::kRunning)}) {
      const auto scrape = ScrapeOf(cluster, t, lag_ms, status);
      troubles.insert(troubles.end(), scrape.begin(), scrape.end());
    }
    return troubles;
  }

  const std::set<std::string> expected_ = {"LogBackupFailed of c7",
                                           "LogBackupRunningRPOMoreThan10m of c23",
                                           "LogBackupRunningRPOMoreThan10m of c42",
                                           "LogBackupRunningRPOMoreThan30m of c42",
                                           "LogBackupPausingMoreThan2h of c58",
                                           "LogBackupPausingMoreThan2h of c91",
                                           "LogBackupPausingMoreThan12h of c91",
                                           "LogBackupRunningRPOMoreThan10m of c77"};
};

TEST_F(RecommendedRulesTest, FireForEachClusterThatIsInTroubleAndForNoOther) {
  const std::string rules = ReadFile(RequiredEnvironment("TIDEMARK_RECOMMENDED_RULES"));
  StartTidemark(rules);
  Send(HealthyFleet(Now() - 5000));
  const int64_t sent_at = Now();
  Send(Troubles(sent_at));
  EXPECT_TRUE(watcher_->WaitFiring(expected_))
      << "fires: " << absl::StrJoin(watcher_->Names("firing"), ", ") << "\n"
      << server_->process().Log();
  for (const std::string& name : expected_) {
    EXPECT_TRUE(WaitTold(name)) << name;
  }
  for (const ToldAlert& told : ToldTo(receiver_)) {
    EXPECT_TRUE(expected_.contains(told.Name())) << told.Name();
  }
  for (const SeenAlert& transition : watcher_->History()) {
    if (transition.Field("to") == "firing") {
      std::cout << fmt::format("{}: fired {} ms after the request, by {}\n", transition.Name(),
                               ParseTimeMs(transition.Field("time")) - sent_at,
                               transition.Field("cause"));
      const bool by_time = transition.Name() == "LogBackupRunningRPOMoreThan10m of c77";
      EXPECT_EQ(transition.Field("cause"), by_time ? "deadline" : "arrival") << transition.Name();
    }
  }
}

TEST_F(RecommendedRulesTest, AreMixedUpByAServerThatDoesNotTellClustersApart) {
  const std::string rules = dir_.File("rules.yml");
  std::ofstream(rules) << ReadFile(RequiredEnvironment("TIDEMARK_RECOMMENDED_RULES"));
  const auto prometheus = PrometheusProcess::Start(
      fmt::format("global: {{evaluation_interval: 1s}}\nrule_files: ['{}']\n", rules),
      {"--web.enable-remote-write-receiver"});
  ASSERT_TRUE(prometheus.ok()) << prometheus.status();
  const int64_t sent_at = Now();
  Send((*prometheus)->port(), HealthyFleet(sent_at - 5000));
  Send((*prometheus)->port(), Troubles(sent_at));
  AlertWatcher watcher((*prometheus)->port());
  // One failed cluster makes all others look failed: neither lag nor pause is told of anyone.
  EXPECT_TRUE(watcher.WaitFiring({"LogBackupFailed"}));
  for (const SeenAlert& alert : watcher.Alerts()) {
    std::cout << fmt::format("Prometheus: {} fired {} ms after the request\n", alert.Name(),
                             ParseTimeMs(alert.Field("activeAt")) - sent_at);
    EXPECT_FALSE(alert.labels.contains("cluster"));
  }
}

constexpr char kLagRule[] =
    "groups: [{name: lag, rules: [{alert: Lag, expr: 'max by (task) (lag_seconds) > 600'}]}]\n";

SentSeries LagOf(const std::string& cluster, const std::vector<model::Sample>& samples) {
  return {{{"__name__", "lag_seconds"}, {"cluster", cluster}, {"task", "pitr"}}, samples};
}

TEST_F(AlertsTest, AreHeldWhileTheirClusterIsCutOffAndTellAfterwardsWhatWasTrueWhen) {
  StartTidemark(kLagRule, "rules: {late_after: 3s}\n", {"--query.lookback-delta=6s"});
  const int64_t cut_at = Now();
  Send({LagOf("a", {{cut_at, 700}}), LagOf("b", {{cut_at, 5}})});
  ASSERT_TRUE(watcher_->WaitFiring({"Lag of a"})) << server_->process().Log();
  // Nothing comes from a any more; the look-back ends.
  ASSERT_TRUE(WaitUntil(
      [&] {
        Send({LagOf("b", {{Now(), 5}})});
        const auto alerts = watcher_->Alerts();
        return alerts.size() == 1 && alerts[0].Field("inputs") == "silent";
      },
      kPatienceMs, 200))
      << server_->process().Log();
  EXPECT_EQ(watcher_->Names("firing"), std::set<std::string>{"Lag of a"});
  // It comes back, with what it has kept: for a while all was well.
  const int64_t back_at = Now();
  std::vector<model::Sample> backlog;
  for (int64_t t = cut_at + 500; t < back_at; t += 500) {
    backlog.push_back({t, t < cut_at + 2500 ? 10.0 : 800.0});
  }
  Send({LagOf("a", backlog)});
  Send({LagOf("a", {{Now(), 900}})});
  ASSERT_TRUE(WaitUntil(
      [&] {
        const auto alerts = watcher_->Alerts();
        return alerts.size() == 1 && alerts[0].Field("inputs") == "live";
      },
      kPatienceMs))
      << server_->process().Log();
  EXPECT_EQ(watcher_->Names("firing"), std::set<std::string>{"Lag of a"});
  // The history has the good while, in the time of the samples, and says that it learnt of it late.
  EXPECT_TRUE(WaitUntil(
      [&] {
        for (const SeenAlert& transition : watcher_->History({{"rule_name[]", "Lag"}})) {
          const int64_t t = ParseTimeMs(transition.Field("time"));
          if (transition.Field("cause") == "late" && transition.Field("to") == "inactive" &&
              t > cut_at && t < cut_at + 2500) {
            return true;
          }
        }
        return false;
      },
      kPatienceMs))
      << watcher_->http().Get("/api/v1/alerts/history")->body;
  // Nobody was told of the past.
  for (const ToldAlert& told : ToldTo(receiver_)) {
    EXPECT_EQ(told.Name(), "Lag of a");
    EXPECT_GT(ParseTimeMs(told.ends_at), ParseTimeMs(told.starts_at) + 2500) << "resolved";
  }
}

TEST_F(AlertsTest, GoOnWhereTheyWereWhenTheServerIsKilled) {
  constexpr int64_t kForMs = 15'000;
  StartTidemark(
      "groups: [{name: lag, rules: [{alert: Lag, expr: 'max by (task) (lag_seconds) > 600', "
      "for: 15s}]}]\n");
  const int64_t sent_at = Now();
  Send({LagOf("a", {{sent_at, 700}})});
  ASSERT_TRUE(WaitUntil([&] { return watcher_->Names("pending").size() == 1; }, kPatienceMs));
  const std::string active_at = watcher_->Alerts()[0].Field("activeAt");
  server_->process().Kill();
  Restart();
  const int64_t ready_at = Now();
  ASSERT_TRUE(watcher_->WaitFiring({"Lag of a"})) << server_->process().Log();
  const SeenAlert alert = watcher_->Alerts()[0];
  EXPECT_EQ(alert.Field("activeAt"), active_at);
  const int64_t fired_at = ParseTimeMs(alert.Field("firedAt"));
  EXPECT_GE(fired_at, ParseTimeMs(active_at) + kForMs);
  EXPECT_LT(fired_at, ready_at + kForMs) << "the time began anew at the restart";
  std::cout << fmt::format("fired {} ms after it was due\n",
                           fired_at - ParseTimeMs(active_at) - kForMs);
  ASSERT_TRUE(WaitTold("Lag of a"));

  // Once it is told, another restart tells nothing new.
  server_->process().Kill();
  Restart();
  Send({LagOf("b", {{Now(), 700}}), LagOf("a", {{Now(), 710}})});
  ASSERT_TRUE(WaitTold("Lag of b")) << server_->process().Log();
  std::set<std::string> starts;
  for (const ToldAlert& told : ToldTo(receiver_)) {
    if (told.Name() == "Lag of a") {
      starts.insert(told.starts_at);
    }
  }
  EXPECT_EQ(starts.size(), 1u) << absl::StrJoin(starts, ", ");
  EXPECT_EQ(watcher_->History({{"match[]", "{cluster=\"a\"}"}}).size(), 2u);
}

TEST_F(AlertsTest, KeepTheRulesInForceWhenNewOnesAreWrong) {
  StartTidemark(kLagRule);
  Send({LagOf("a", {{Now(), 700}})});
  ASSERT_TRUE(watcher_->WaitFiring({"Lag of a"}));
  std::ofstream(dir_.File("rules.yml"))
      << "groups:\n- name: lag\n  rules:\n  - alert: Lag\n    expr: 'lag_seconds >'\n";
  const auto refused = watcher_->http().Post("/-/reload", "");
  ASSERT_TRUE(refused.ok()) << refused.status();
  EXPECT_EQ(refused->status, 500);
  EXPECT_NE(refused->body.find(dir_.File("rules.yml") + ":5:"), std::string::npos) << refused->body;
  EXPECT_EQ(*server_->Metric("tidemark_config_last_reload_successful"), 0);
  EXPECT_EQ(watcher_->Names("firing"), std::set<std::string>{"Lag of a"});

  std::ofstream(dir_.File("rules.yml"))
      << "groups: [{name: lag, rules: [{alert: Late, expr: 'max by (task) (lag_seconds) > 1'}]}]\n";
  EXPECT_EQ(watcher_->http().Post("/-/reload", "")->status, 200);
  EXPECT_EQ(*server_->Metric("tidemark_config_last_reload_successful"), 1);
  EXPECT_TRUE(watcher_->WaitFiring({"Late of a"}));

  std::ofstream(dir_.File("rules.yml"))
      << "groups: [{name: lag, rules: [{alert: Hup, expr: 'max by (task) (lag_seconds) > 1'}]}]\n";
  ASSERT_EQ(::kill(server_->process().pid(), SIGHUP), 0);
  EXPECT_TRUE(watcher_->WaitFiring({"Hup of a"})) << server_->process().Log();
}

TEST_F(AlertsTest, ShowThemselvesAsSeries) {
  StartTidemark(kLagRule);
  Send({LagOf("a", {{Now(), 700}})});
  const auto series = [&](const std::string& expr) {
    const auto answer = watcher_->http().PostForm("/api/v1/query", {{"query", expr}});
    return answer.ok() ? answer->body : answer.status().ToString();
  };
  EXPECT_TRUE(WaitUntil(
      [&] {
        return series("ALERTS{alertname=\"Lag\",alertstate=\"firing\",cluster=\"a\",task=\"pitr\"}")
                   .find(",\"1\"]") != std::string::npos;
      },
      kPatienceMs))
      << series("ALERTS");
}

constexpr char kPassword[] = "tide-secret";
constexpr char kHashOfPassword[] =  // bcrypt
    "'$2b$04$kzAb0cgxTgKjNdgwcKNAAuvLFPfL7t27.czhHjnPTL1vFDMTK1HlO'";

// As above, with a real Alertmanager between the server and a webhook.
class RealAlertmanagerTest : public AlertsTest {
 protected:
  // With more arguments of its command line.
  void StartAlertmanager(const std::vector<std::string>& arguments = {}) {
    alertmanager_port_ = FreePort();
    std::ofstream(dir_.File("am.yml")) << fmt::format(
        "route:\n  receiver: hook\n  group_by: [alertname, cluster]\n  group_wait: 0s\n"
        "  group_interval: 1s\n  repeat_interval: 1h\nreceivers:\n- name: hook\n"
        "  webhook_configs:\n  - {{url: 'http://127.0.0.1:{}/hook', send_resolved: true}}\n",
        receiver_.port());
    std::vector<std::string> argv = {
        RequiredEnvironment("ALERTMANAGER_BINARY"), "--config.file=" + dir_.File("am.yml"),
        "--storage.path=" + dir_.File("am-data"),
        fmt::format("--web.listen-address=127.0.0.1:{}", alertmanager_port_),
        "--cluster.listen-address="};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    auto process = ChildProcess::Start(argv, dir_.File("am.log"));
    TIDEMARK_CHECK(process.ok(), "{}", process.status().ToString());
    alertmanager_ = *std::move(process);
  }

  // How often the webhook was told that the alert of `cluster` has `status`.
  int Told(const std::string& cluster, const std::string& status) const {
    int count = 0;
    for (const ReceivedRequest& request : receiver_.requests()) {
      rapidjson::Document document;
      document.Parse(request.body.c_str());
      for (const auto& alert : document["alerts"].GetArray()) {
        count += alert["labels"]["cluster"].GetString() == cluster &&
                         alert["status"].GetString() == status
                     ? 1
                     : 0;
      }
    }
    return count;
  }

  std::unique_ptr<ChildProcess> alertmanager_;
};

TEST_F(RealAlertmanagerTest, CallsItsReceiverOnceForAnAlertThatOutlivesAKill) {
  StartAlertmanager();
  StartTidemark(kLagRule);
  Send({LagOf("a", {{Now(), 700}})});
  ASSERT_TRUE(WaitUntil([&] { return Told("a", "firing") > 0; }, kPatienceMs))
      << alertmanager_->Log() << server_->process().Log();
  server_->process().Kill();
  Restart();
  Send({LagOf("a", {{Now(), 720}}), LagOf("b", {{Now(), 700}})});
  ASSERT_TRUE(WaitUntil([&] { return Told("b", "firing") > 0; }, kPatienceMs));
  Send({LagOf("a", {{Now(), 3}}), LagOf("b", {{Now(), 3}})});
  ASSERT_TRUE(WaitUntil([&] { return Told("a", "resolved") > 0 && Told("b", "resolved") > 0; },
                        kPatienceMs))
      << server_->process().Log();
  EXPECT_EQ(Told("a", "firing"), 1);
  EXPECT_EQ(Told("b", "firing"), 1);
}

TEST_F(RealAlertmanagerTest, IsToldOverTlsByWhoKnowsItsPassword) {
  const SelfSigned tls = MakeSelfSigned(dir_.path().string());
  std::ofstream(dir_.File("am-web.yml")) << fmt::format(
      "tls_server_config: {{cert_file: {}, key_file: {}}}\n"
      "basic_auth_users: {{tidemark: {}}}\n",
      tls.cert_file, tls.key_file, kHashOfPassword);
  StartAlertmanager({"--web.config.file=" + dir_.File("am-web.yml")});
  alertmanager_host_ = "localhost";
  const std::string settings =
      fmt::format("scheme: https, tls_config: {{ca_file: {}}}, ", tls.cert_file);
  alertmanager_settings_ = settings + "basic_auth: {username: tidemark, password: another}, ";
  StartTidemark(kLagRule);
  Send({LagOf("a", {{Now(), 700}})});
  ASSERT_TRUE(WaitUntil([&] { return server_->process().Log().find("401") != std::string::npos; },
                        kPatienceMs))
      << server_->process().Log();
  EXPECT_EQ(Told("a", "firing"), 0);

  server_->process().Terminate();
  alertmanager_settings_ =
      settings + fmt::format("basic_auth: {{username: tidemark, password: {}}}, ", kPassword);
  StartTidemark(kLagRule);
  Send({LagOf("a", {{Now(), 720}})});
  EXPECT_TRUE(WaitUntil([&] { return Told("a", "firing") == 1; }, kPatienceMs))
      << alertmanager_->Log() << server_->process().Log();
}

}  // namespace
}  // namespace tidemark::testing
