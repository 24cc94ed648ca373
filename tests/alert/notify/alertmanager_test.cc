// A real Alertmanager on a loopback port, told by the notifier, which tells a webhook of ours.

#include <cstdio>
#include <fstream>

#include <gtest/gtest.h>

#include "alert/notify/notifier.h"
#include "base/clock.h"
#include "fmt/format.h"
#include "rapidjson/document.h"
#include "tests/testing/child_process.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_client.h"
#include "tests/testing/http_receiver.h"
#include "tests/testing/server_process.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::alert {
namespace {

constexpr int64_t kPatienceMs = 60'000;

class AlertmanagerTest : public ::testing::Test {
 protected:
  AlertmanagerTest() {
    std::ofstream(dir_.File("am.yml")) << fmt::format(
        "route:\n  receiver: hook\n  group_by: [alertname]\n  group_wait: 0s\n"
        "  group_interval: 1s\n  repeat_interval: 1h\nreceivers:\n- name: hook\n"
        "  webhook_configs:\n  - {{url: 'http://127.0.0.1:{}/hook', send_resolved: true}}\n",
        webhook_.port());
  }
  ~AlertmanagerTest() override { std::fclose(null_); }

  void StartAlertmanager() {
    auto process = testing::ChildProcess::Start(
        {testing::RequiredEnvironment("ALERTMANAGER_BINARY"),
         "--config.file=" + dir_.File("am.yml"), "--storage.path=" + dir_.File("data"),
         fmt::format("--web.listen-address=127.0.0.1:{}", port_), "--cluster.listen-address="},
        dir_.File("log"));
    ASSERT_TRUE(process.ok()) << process.status();
    alertmanager_ = *std::move(process);
    testing::HttpClient http(port_);
    ASSERT_TRUE(testing::WaitUntil(
        [&] {
          const auto response = http.Get("/-/ready");
          return response.ok() && response->status == 200;
        },
        kPatienceMs))
        << alertmanager_->Log();
  }

  std::unique_ptr<Notifier> StartNotifier() {
    AlertingConfig config;
    config.alertmanagers.emplace_back().targets = {
        model::Labels::Of({{"__address__", fmt::format("127.0.0.1:{}", port_)}})};
    NotifierOptions options;
    options.min_pause_ms = 10;
    options.max_pause_ms = 100;
    auto notifier = Notifier::Create(config, options, {&logger_, &metrics_});
    EXPECT_TRUE(notifier.ok()) << notifier.status();
    return *std::move(notifier);
  }

  static Notification Alert(const std::string& name, model::Timestamp starts_at,
                            model::Timestamp ends_at,
                            const std::string& summary = "late by \"10m\" — é") {
    return {model::Labels::Of({{"alertname", name}, {"task", "pitr"}}),
            {{"summary", summary}},
            starts_at,
            ends_at,
            GeneratorUrl("http://tidemark:9090", "lag > 600")};
  }

  void Send(Notifier* notifier, const Notification& alert) {
    notifier->Send(std::span(&alert, 1), clock_.NowMs());
  }

  // Whether the webhook was told that alert `name` is in `status`; its body then.
  bool Told(const std::string& name, const std::string& status, std::string* body) const {
    for (const testing::ReceivedRequest& request : webhook_.requests()) {
      rapidjson::Document document;
      document.Parse(request.body.c_str());
      for (const auto& alert : document["alerts"].GetArray()) {
        if (alert["labels"]["alertname"].GetString() == name &&
            alert["status"].GetString() == status) {
          *body = request.body;
          return true;
        }
      }
    }
    return false;
  }

  bool WaitTold(const std::string& name, const std::string& status, std::string* body) const {
    return testing::WaitUntil([&] { return Told(name, status, body); }, kPatienceMs);
  }

  const testing::HttpReceiver webhook_;
  const testing::TempDir dir_;
  const uint16_t port_ = testing::FreePort();
  const base::SystemClock clock_;
  std::FILE* const null_ = std::fopen("/dev/null", "w");
  base::Logger logger_{null_};
  base::MetricsRegistry metrics_;
  std::unique_ptr<testing::ChildProcess> alertmanager_;
};

TEST_F(AlertmanagerTest, IsToldOfAlertsThatFireAndAreResolved) {
  ASSERT_NO_FATAL_FAILURE(StartAlertmanager());
  const auto notifier = StartNotifier();
  const int64_t begin = clock_.NowMs();
  Send(notifier.get(), Alert("HighLag", begin, EndOfFiring(begin, 15'000, 60'000)));
  std::string body;
  ASSERT_TRUE(WaitTold("HighLag", "firing", &body)) << alertmanager_->Log();
  rapidjson::Document document;
  document.Parse(body.c_str());
  const auto& alert = document["alerts"][0];
  EXPECT_STREQ(alert["labels"]["task"].GetString(), "pitr");
  EXPECT_STREQ(alert["annotations"]["summary"].GetString(), "late by \"10m\" — é");
  EXPECT_STREQ(alert["generatorURL"].GetString(),
               "http://tidemark:9090/graph?g0.expr=lag+%3E+600&g0.tab=1");
  Send(notifier.get(), Alert("HighLag", begin, clock_.NowMs()));
  EXPECT_TRUE(WaitTold("HighLag", "resolved", &body)) << alertmanager_->Log();
}

TEST_F(AlertmanagerTest, IsToldTheNewestStateAfterAnOutage) {
  const auto notifier = StartNotifier();
  const int64_t begin = clock_.NowMs();
  const int64_t end = EndOfFiring(begin, 15'000, 60'000);
  Send(notifier.get(), Alert("Early", begin, end));
  Send(notifier.get(), Alert("Late", begin, begin + 1));
  Send(notifier.get(), Alert("Late", begin + 2, end));
  ASSERT_NO_FATAL_FAILURE(StartAlertmanager());
  std::string body;
  EXPECT_TRUE(WaitTold("Early", "firing", &body)) << alertmanager_->Log();
  EXPECT_TRUE(WaitTold("Late", "firing", &body)) << alertmanager_->Log();

  alertmanager_->Kill();
  Send(notifier.get(), Alert("Third", begin, end, "an old text"));
  Send(notifier.get(), Alert("Third", begin, end + 1, "the newest text"));
  ASSERT_NO_FATAL_FAILURE(StartAlertmanager());
  ASSERT_TRUE(WaitTold("Third", "firing", &body)) << alertmanager_->Log();
  EXPECT_NE(body.find("the newest text"), std::string::npos) << body;
  notifier->Stop(kPatienceMs);
}

}  // namespace
}  // namespace tidemark::alert
