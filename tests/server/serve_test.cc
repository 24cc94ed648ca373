#include "server/serve.h"

#include <fstream>
#include <functional>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "gtest/gtest.h"
#include "tests/testing/child_process.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_client.h"
#include "tests/testing/http_receiver.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/write_request.h"

namespace tidemark::server {
namespace {

using tidemark::testing::SentSeries;

class ServeTest : public ::testing::Test {
 protected:
  ServeTest() {
    flags_.storage_path = dir_.File("data");
    flags_.retention_ms = 0;
    flags_.journal_sync = "off";
    flags_.enable_lifecycle = true;
    flags_.io_threads = 2;
    flags_.as_text = {{"storage.tsdb.retention.time", "0"}};
  }

  // Runs a server and calls `body` when it is ready; then ends it and gives its result.
  absl::Status RunServer(const std::function<void(tidemark::testing::HttpClient*)>& body) {
    const uint16_t port = tidemark::testing::FreePort();
    flags_.listen_address = fmt::format("127.0.0.1:{}", port);
    base::Logger logger(stderr, base::LogLevel::kError);
    Signals signals;
    absl::Status result;
    std::thread server([&] { result = Serve(flags_, &signals, &logger); });
    absl::Cleanup join = [&] { server.join(); };
    absl::Cleanup quit = [&] { signals.Quit(); };
    tidemark::testing::HttpClient http(port);
    const bool ready = tidemark::testing::WaitUntil(
        [&] {
          const auto answer = http.Get("/-/ready");
          return answer.ok() && answer->status == 200;
        },
        60'000);
    EXPECT_TRUE(ready);
    body(&http);
    std::move(quit).Invoke();
    std::move(join).Invoke();
    return result;
  }

  static int Write(tidemark::testing::HttpClient* http, const SentSeries& series) {
    const auto answer = tidemark::testing::PostWrite(
        http,
        tidemark::testing::SnappyCompress(tidemark::testing::EncodeWriteRequest({&series, 1})));
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? answer->status : 0;
  }
  static std::string Query(tidemark::testing::HttpClient* http, const std::string& expr,
                           int64_t time) {
    const auto answer =
        http->PostForm("/api/v1/query", {{"query", expr}, {"time", std::to_string(time)}});
    return answer.ok() ? answer->body : answer.status().ToString();
  }

  tidemark::testing::TempDir dir_;
  ServeFlags flags_;
};

const SentSeries kUp = {{{"__name__", "up"}, {"job", "tikv"}}, {{1'000'000, 3}, {1'015'000, 5}}};
constexpr std::string_view kUpAnswer =
    R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)"
    R"({"__name__":"up","job":"tikv"},"value":[1020,"5"]}]}})";

TEST_F(ServeTest, AnswersWhatWasWrittenAlsoAfterARestart) {
  const absl::Status first = RunServer([](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(Write(http, kUp), 204);
    EXPECT_EQ(Query(http, "up", 1020), kUpAnswer);
  });
  EXPECT_TRUE(first.ok()) << first;
  const absl::Status second = RunServer([](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(Query(http, "up", 1020), kUpAnswer);
    EXPECT_EQ(http->Get("/api/v1/label/job/values")->body,
              R"({"status":"success","data":["tikv"]})");
    EXPECT_EQ(http->Get("/api/v1/series", {{"match[]", "up"}})->body,
              R"({"status":"success","data":[{"__name__":"up","job":"tikv"}]})");
  });
  EXPECT_TRUE(second.ok()) << second;
}

TEST_F(ServeTest, RefusesAFolderThatAnotherServerUses) {
  const absl::Status result = RunServer([this](tidemark::testing::HttpClient*) {
    base::Logger logger(stderr, base::LogLevel::kError);
    Signals signals;
    const absl::Status second = Serve(flags_, &signals, &logger);
    EXPECT_EQ(second.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(base::Message(second).find("is in use by process"), std::string_view::npos);
  });
  EXPECT_TRUE(result.ok()) << result;
}

TEST_F(ServeTest, AppliesNewLimitsWithoutARestart) {
  flags_.config_file = dir_.File("tidemark.yml");
  std::ofstream(flags_.config_file) << "limits: {max_labels_per_series: 2}\n";
  const SentSeries three_labels = {{{"__name__", "up"}, {"a", "1"}, {"b", "2"}}, {{1000, 1}}};
  const absl::Status result = RunServer([&](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(Write(http, three_labels), 400);
    std::ofstream(flags_.config_file) << "limits: {max_labels_per_series: 3}\n";
    EXPECT_EQ(http->Post("/-/reload", "")->status, 200);
    EXPECT_EQ(Write(http, three_labels), 204);
    std::ofstream(flags_.config_file) << "limits: {max_labels_per_series: none}\n";
    EXPECT_EQ(http->Post("/-/reload", "")->status, 500);
    EXPECT_EQ(Write(http, three_labels), 204);
  });
  EXPECT_TRUE(result.ok()) << result;
}

TEST_F(ServeTest, EndsWhenAskedOverHttp) {
  const absl::Status result = RunServer([](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(http->Post("/-/quit", "")->status, 200);
    EXPECT_TRUE(
        tidemark::testing::WaitUntil([&] { return !http->Get("/-/healthy").ok(); }, 60'000));
  });
  EXPECT_TRUE(result.ok()) << result;
}

TEST_F(ServeTest, DoesNotStartWithAWrongConfiguration) {
  flags_.config_file = dir_.File("tidemark.yml");
  std::ofstream(flags_.config_file) << "limit: {}\n";
  base::Logger logger(stderr, base::LogLevel::kError);
  Signals signals;
  const absl::Status result = Serve(flags_, &signals, &logger);
  EXPECT_EQ(base::Message(result), flags_.config_file + ": line 1: unknown key limit");
}

// Rules, in the same process.
class ServeRulesTest : public ServeTest {
 protected:
  ServeRulesTest() {
    flags_.config_file = dir_.File("tidemark.yml");
    flags_.external_url = "http://tidemark:9201";
    std::ofstream(flags_.config_file) << fmt::format(
        "rule_files: [rules.yml]\nglobal: {{evaluation_interval: 1s}}\nalerting: {{alertmanagers: "
        "[{{static_configs: [{{targets: ['127.0.0.1:{}']}}]}}]}}\n",
        receiver_.port());
    WriteRules("Lag", "lag_seconds > 600");
  }

  void WriteRules(const std::string& alert, const std::string& expr) {
    std::ofstream(dir_.File("rules.yml")) << fmt::format(
        "groups:\n- name: lag\n  rules:\n  - alert: {}\n    expr: {}\n", alert, expr);
  }
  static SentSeries Lag(const std::string& cluster, double seconds) {
    return {{{"__name__", "lag_seconds"}, {"cluster", cluster}},
            {{base::SystemClock().NowMs(), seconds}}};
  }
  // Waits until /api/v1/alerts has `text`.
  static bool WaitForAlert(tidemark::testing::HttpClient* http, const std::string& text) {
    return tidemark::testing::WaitUntil(
        [&] { return http->Get("/api/v1/alerts")->body.find(text) != std::string::npos; }, 60'000);
  }

  const tidemark::testing::HttpReceiver receiver_;
};

TEST_F(ServeRulesTest, TellsOfAnAlertWhenItsSampleComes) {
  const absl::Status result = RunServer([&](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(Write(http, Lag("a", 700)), 204);
    EXPECT_TRUE(receiver_.WaitForRequests(1));
    const tidemark::testing::ReceivedRequest told = receiver_.requests().at(0);
    EXPECT_EQ(told.target, "/api/v2/alerts");
    EXPECT_NE(told.body.find(R"("labels":{"alertname":"Lag","cluster":"a"})"), std::string::npos)
        << told.body;
    EXPECT_TRUE(WaitForAlert(http, R"("state":"firing")"));
    EXPECT_NE(http->Get("/api/v1/alerts/history")->body.find(R"("cause":"arrival")"),
              std::string::npos);
    EXPECT_NE(http->Get("/api/v1/alertmanagers")
                  ->body.find(fmt::format(":{}/api/v2/alerts", receiver_.port())),
              std::string::npos);
    const std::string metrics = http->Get("/metrics")->body;
    EXPECT_NE(metrics.find("tidemark_rule_alerts_firing{"), std::string::npos);
    EXPECT_NE(metrics.find("tidemark_rule_detection_delay_seconds_count{"), std::string::npos);
  });
  EXPECT_TRUE(result.ok()) << result;
}

TEST_F(ServeRulesTest, CountsRulesOfOneNameTogether) {
  std::ofstream(dir_.File("rules.yml"))
      << "groups: [{name: lag, rules: [{alert: Lag, expr: lag_seconds > 600, labels: {s: a}}, "
         "{alert: Lag, expr: lag_seconds > 6000, labels: {s: b}}]}]\n";
  const absl::Status result = RunServer([&](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(Write(http, Lag("a", 700)), 204);
    EXPECT_TRUE(WaitForAlert(http, R"("state":"firing")"));
    const std::string metrics = http->Get("/metrics")->body;
    EXPECT_NE(
        metrics.find(fmt::format("tidemark_rule_alerts_firing{{file=\"{}\",rule_group=\"lag\","
                                 "rule=\"Lag\"}} 1\n",
                                 dir_.File("rules.yml"))),
        std::string::npos)
        << metrics;
  });
  EXPECT_TRUE(result.ok()) << result;
}

TEST_F(ServeRulesTest, KeepsAlertsOverARestart) {
  std::string before;
  const auto alerts = [](tidemark::testing::HttpClient* http) {
    const std::string body = http->Get("/api/v1/alerts")->body;
    return body.substr(body.find("activeAt"), body.find(",\"value\"") - body.find("activeAt"));
  };
  const absl::Status first = RunServer([&](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(Write(http, Lag("a", 700)), 204);
    EXPECT_TRUE(WaitForAlert(http, R"("state":"firing")"));
    before = alerts(http);
  });
  EXPECT_TRUE(first.ok()) << first;
  const absl::Status second = RunServer([&](tidemark::testing::HttpClient* http) {
    EXPECT_TRUE(WaitForAlert(http, R"("state":"firing")"));
    EXPECT_EQ(alerts(http), before);
    EXPECT_EQ(Write(http, Lag("a", 5)), 204);
    EXPECT_TRUE(WaitForAlert(http, R"("alerts":[])"));
  });
  EXPECT_TRUE(second.ok()) << second;
}

TEST_F(ServeRulesTest, EndsTheAlertsOfRulesThatAreGoneAtTheNextStart) {
  const auto firing = [](tidemark::testing::HttpClient* http) {
    return http->Get("/api/v1/query?query=ALERTS")->body.find("alertname") != std::string::npos;
  };
  const absl::Status first = RunServer([&](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(Write(http, Lag("a", 700)), 204);
    EXPECT_TRUE(tidemark::testing::WaitUntil([&] { return firing(http); }, 60'000));
  });
  EXPECT_TRUE(first.ok()) << first;
  WriteRules("Other", "lag_seconds > 6000");
  const absl::Status second = RunServer([&](tidemark::testing::HttpClient* http) {
    EXPECT_FALSE(firing(http));
    EXPECT_NE(http->Get("/api/v1/alerts/history")->body.find(R"("cause":"reload")"),
              std::string::npos);
  });
  EXPECT_TRUE(second.ok()) << second;
}

TEST_F(ServeRulesTest, KeepsTheRulesInForceWhenNewOnesAreWrong) {
  const absl::Status result = RunServer([&](tidemark::testing::HttpClient* http) {
    WriteRules("Lag", "lag_seconds >");
    const auto refused = http->Post("/-/reload", "");
    EXPECT_EQ(refused->status, 500);
    EXPECT_NE(refused->body.find(dir_.File("rules.yml") + ":5:"), std::string::npos)
        << refused->body;
    EXPECT_EQ(Write(http, Lag("a", 700)), 204);
    EXPECT_TRUE(WaitForAlert(http, R"("alertname":"Lag")"));
    WriteRules("Late", "lag_seconds > 1");
    EXPECT_EQ(http->Post("/-/reload", "")->status, 200);
    EXPECT_TRUE(WaitForAlert(http, R"("alertname":"Late")"));
  });
  EXPECT_TRUE(result.ok()) << result;
}

TEST_F(ServeRulesTest, GoesOnWithItsAlertsUnderOtherSettings) {
  const absl::Status result = RunServer([&](tidemark::testing::HttpClient* http) {
    EXPECT_EQ(Write(http, Lag("a", 700)), 204);
    EXPECT_TRUE(WaitForAlert(http, R"("state":"firing")"));
    std::ofstream(flags_.config_file, std::ios::app) << "rules: {tick: 200ms}\n";
    EXPECT_EQ(http->Post("/-/reload", "")->status, 200);
    EXPECT_TRUE(WaitForAlert(http, R"("state":"firing")"));
    EXPECT_EQ(Write(http, Lag("b", 700)), 204);
    EXPECT_TRUE(WaitForAlert(http, R"("cluster":"b")"));
  });
  EXPECT_TRUE(result.ok()) << result;
}

TEST_F(ServeRulesTest, DoesNotStartWithWrongRules) {
  WriteRules("Lag", "lag_seconds >");
  base::Logger logger(stderr, static_cast<base::LogLevel>(9));  // nothing
  Signals signals;
  const absl::Status result = Serve(flags_, &signals, &logger);
  EXPECT_NE(base::Message(result).find(dir_.File("rules.yml") + ":5:"), std::string_view::npos)
      << result;
}

}  // namespace
}  // namespace tidemark::server
