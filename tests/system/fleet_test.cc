// The fleet as the real server and its command line tell of it: pairs of senders, names that two
// clusters share, clusters that were never seen, clusters that are gone.
#include <fstream>
#include <map>

#include "base/clock.h"
#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "tests/testing/query_client.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/write_request.h"

namespace tidemark::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kPatienceMs = 60'000;
constexpr int64_t kHourMs = 3'600'000;
constexpr double kTsoPerMs = 262'144;

class FleetTest : public ::testing::Test {
 protected:
  FleetTest() {
    std::ofstream(dir_.File("rules.yml"))
        << "groups:\n- name: g\n  rules:\n"
           "  - {alert: TaskFailed, expr: 'tikv_log_backup_task_status == 2'}\n";
    std::ofstream(dir_.File("tidemark.yml")) << "rule_files: [rules.yml]\n";
    Start();
  }

  void Start() {
    server_ = nullptr;
    server_ = ServerProcess::Start(
                  {.data_dir = dir_.File("data"),
                   .log_path = dir_.File("log"),
                   .flags = {"--web.enable-admin-api", "--fleet.expected-clusters=orders,billing",
                             "--config.file=" + dir_.File("tidemark.yml")}})
                  .value();
    http_ = std::make_unique<HttpClient>(server_->port());
  }

  using Labels = std::vector<std::pair<std::string, std::string>>;

  // One sample of each of the series that tell of a task with this status.
  void Send(const std::string& cluster, double status, const Labels& more = {},
            int64_t age_ms = 0) {
    const int64_t t = clock_.NowMs() - age_ms;
    const auto series = [&](const std::string& metric, const std::string& instance,
                            const Labels& own, double v) {
      std::map<std::string, std::string> labels = {
          {"__name__", metric}, {"cluster", cluster}, {"instance", instance}};
      labels.insert(own.begin(), own.end());
      labels.insert(more.begin(), more.end());
      return SentSeries{{labels.begin(), labels.end()}, {{t, v}}};
    };
    const Labels task = {{"task", "pitr"}};
    Post({series("tikv_log_backup_task_status", "tikv-0:20180", task, status),
          series("tidb_log_backup_last_checkpoint", "tidb-0:10080", task,
                 static_cast<double>(t - 60'000) * kTsoPerMs),
          series("tidb_log_backup_advancer_owner", "tidb-0:10080", {}, 1)});
  }

  void Post(const std::vector<SentSeries>& series) {
    const auto answer = PostWrite(http_.get(), SnappyCompress(EncodeWriteRequest(series)));
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_EQ(answer->status, 204) << answer->body;
  }

  // What the server answers, once `enough` holds of it.
  template <typename Enough>
  rapidjson::Document Get(const std::string& path, const Pairs& parameters, const Enough& enough) {
    rapidjson::Document document;
    const bool came = WaitUntil(
        [&] {
          const auto answer = http_->Get(path, parameters);
          document.Parse(answer.ok() ? answer->body.c_str() : "{}");
          return document.IsObject() && document.HasMember("data") && enough(document["data"]);
        },
        kPatienceMs);
    EXPECT_TRUE(came) << path;
    return document;
  }
  void WaitForClusters(size_t n) {
    Get("/api/v1/fleet/clusters", {}, [n](const auto& data) { return data.Size() == n; });
  }

  struct Said {
    int exit_code;
    std::string text;
  };
  // Runs `tidemark fleet` with these arguments.
  Said Cli(std::vector<std::string> arguments) {
    const std::string log = dir_.File(fmt::format("cli-{}", runs_++));
    std::vector<std::string> argv = {RequiredEnvironment("TIDEMARK_BINARY"), "fleet"};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    argv.push_back(fmt::format("--url=http://127.0.0.1:{}", server_->port()));
    const auto child = ChildProcess::Start(argv, log).value();
    EXPECT_TRUE(WaitUntil([&] { return !child->Running(); }, kPatienceMs));
    return {child->Terminate().value_or(-1), child->Log()};
  }

  TempDir dir_;
  const base::SystemClock clock_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<HttpClient> http_;
  int runs_ = 0;
};

TEST_F(FleetTest, CountsAPairOfSendersOnce) {
  Send("orders", 0, {{"prometheus_replica", "a"}}, 20'000);
  Send("orders", 0, {{"prometheus_replica", "b"}}, 19'000);
  const auto answer = Get("/api/v1/fleet/cluster", {{"name", "orders"}},
                          [](const auto& data) { return data["senders"].Size() == 2; });
  const auto& cluster = answer["data"];
  EXPECT_EQ(cluster["instances"].Size(), 2u) << "one TiKV and one TiDB";
  ASSERT_EQ(cluster["tasks"].Size(), 1u);
  EXPECT_EQ(cluster["tasks"][0]["stores"].Size(), 1u);
  EXPECT_EQ(cluster["tasks"][0]["advancer_owners"].Size(), 1u);
  EXPECT_EQ(cluster["findings"].Size(), 0u);
}

TEST_F(FleetTest, TellsOfTwoClustersUnderOneName) {
  const int64_t t = clock_.NowMs();
  for (const char* id : {"cluster7001", "cluster7002"}) {
    Post({{{{"__name__", "pd_cluster_metadata"},
            {"cluster", "orders"},
            {"instance", fmt::format("pd-{}:2379", id)},
            {"type", id}},
           {{t, 0}}}});
  }
  Get("/api/v1/fleet/findings", {{"finding", "identity-collision"}, {"cluster", "orders"}},
      [](const auto& data) { return data.Size() == 1; });
  EXPECT_THAT(Cli({"explain", "orders"}).text, HasSubstr("identity-collision (critical"));
}

TEST_F(FleetTest, NamesExpectedClustersThatWereNeverSeen) {
  Send("orders", 0);
  WaitForClusters(1);
  const auto answer = Get("/api/v1/fleet/findings", {{"finding", "expected-cluster-missing"}},
                          [](const auto& data) { return data.Size() == 1; });
  EXPECT_STREQ(answer["data"][0]["cluster"].GetString(), "billing");
  EXPECT_THAT(answer["data"][0]["since"].GetString(), Not(HasSubstr("1970")));
  const Said status = Cli({"status"});
  EXPECT_EQ(status.exit_code, 0);
  EXPECT_THAT(status.text, HasSubstr("never seen"));
}

TEST_F(FleetTest, ForgetsAClusterByHandForGood) {
  Send("orders", 0);
  Send("shop", 0, {}, kHourMs);
  WaitForClusters(2);
  EXPECT_EQ(Cli({"forget", "orders"}).exit_code, 0);
  WaitForClusters(1);
  EXPECT_NE(Cli({"forget", "orders"}).exit_code, 0) << "it is gone";
  EXPECT_EQ(server_->process().Terminate(), 0);
  Start();
  WaitForClusters(1);
  EXPECT_THAT(Cli({"status"}).text, HasSubstr("shop"));
}

TEST_F(FleetTest, EndsTheAlertsOfAClusterThatIsForgotten) {
  Send("orders", 2);
  Send("shop", 2);
  const auto alerts = [this](size_t n) {
    return Get("/api/v1/alerts", {}, [n](const auto& data) { return data["alerts"].Size() == n; });
  };
  alerts(2);
  WaitForClusters(2);
  EXPECT_EQ(Cli({"forget", "orders"}).exit_code, 0);
  const auto left = alerts(1);
  EXPECT_STREQ(left["data"]["alerts"][0]["labels"]["cluster"].GetString(), "shop");
  Get("/api/v1/alerts/history", {{"match[]", "{cluster=\"orders\"}"}}, [](const auto& data) {
    const auto& newest = data["transitions"][0];
    return newest["cause"] == "forgotten" && newest["to"] == "inactive";
  });
  Send("orders", 2);
  alerts(2);
}

TEST_F(FleetTest, ExplainsWhatIsWrongAndWhatToDo) {
  Send("orders", 2);
  Get("/api/v1/fleet/findings", {{"finding", "task-failed"}},
      [](const auto& data) { return data.Size() == 1; });
  const Said said = Cli({"explain", "orders", "pitr"});
  EXPECT_EQ(said.exit_code, 0);
  for (const char* part :
       {"task pitr: failed", "task-failed (critical", "evidence: ", "action: "}) {
    EXPECT_THAT(said.text, HasSubstr(part));
  }
  const Said other = Cli({"explain", "orders", "other"});
  EXPECT_NE(other.exit_code, 0);
  EXPECT_THAT(other.text, HasSubstr("has no task \"other\""));
}

// The facts are series, so that rules can use them.
TEST_F(FleetTest, WritesWhatItKnowsAsSeries) {
  Send("orders", 1);
  QueryClient client(server_->port());
  EXPECT_TRUE(WaitUntil(
      [&] {
        const auto answer = client.Instant(
            "tidemark_task_state{cluster=\"orders\",state=\"paused\"} == 1 and on "
            "(cluster) tidemark_cluster_last_sample_timestamp_seconds",
            clock_.NowMs());
        return answer.ok() && answer->series.size() == 1;
      },
      kPatienceMs));
}

}  // namespace
}  // namespace tidemark::testing
