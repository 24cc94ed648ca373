#include "alert/notify/notifier.h"

#include <atomic>
#include <cstdio>
#include <map>

#include <gtest/gtest.h>

#include "fmt/format.h"
#include "rapidjson/document.h"
#include "tests/testing/http_receiver.h"

namespace tidemark::alert {
namespace {

using testing::HttpReceiver;
using testing::ReceivedRequest;
using testing::Reply;

AlertmanagerGroup GroupOf(const HttpReceiver& receiver) {
  AlertmanagerGroup group;
  group.targets = {
      model::Labels::Of({{"__address__", fmt::format("127.0.0.1:{}", receiver.port())}})};
  return group;
}

Notification Alert(const std::string& name, model::Timestamp starts_at, model::Timestamp ends_at) {
  return {model::Labels::Of({{"alertname", name}}), {}, starts_at, ends_at, ""};
}

// "A 09.000Z": name and second of the end, of each alert of a request.
std::vector<std::string> AlertsIn(const ReceivedRequest& request) {
  rapidjson::Document document;
  document.Parse(request.body.c_str());
  std::vector<std::string> alerts;
  for (const auto& alert : document.GetArray()) {
    alerts.push_back(fmt::format("{} {}", alert["labels"]["alertname"].GetString(),
                                 std::string(alert["endsAt"].GetString()).substr(17)));
  }
  return alerts;
}

class NotifierTest : public ::testing::Test {
 protected:
  std::unique_ptr<Notifier> Start(std::vector<AlertmanagerGroup> groups,
                                  NotifierOptions options = {},
                                  std::vector<RelabelConfig> relabel = {}) {
    options.min_pause_ms = 1;
    options.max_pause_ms = 5;
    AlertingConfig config;
    config.alertmanagers = std::move(groups);
    config.alert_relabel_configs = std::move(relabel);
    auto notifier = Notifier::Create(config, options, {&logger_, &metrics_});
    EXPECT_TRUE(notifier.ok()) << notifier.status();
    return *std::move(notifier);
  }

  std::FILE* const null_ = std::fopen("/dev/null", "w");
  base::Logger logger_{null_};
  base::MetricsRegistry metrics_;
};

RelabelConfig Drop(const std::string& label, const std::string& regex) {
  RelabelConfig config;
  config.source_labels = {label};
  config.regex = regex;
  config.action = RelabelAction::kDrop;
  return config;
}

TEST_F(NotifierTest, TellsEveryAlertmanagerWhatItsRelabellingLeaves) {
  const HttpReceiver first;
  const HttpReceiver second;
  AlertmanagerGroup picky = GroupOf(second);
  picky.alert_relabel_configs = {Drop("alertname", "A")};
  NotifierOptions options;
  options.external_labels = model::Labels::Of({{"cluster", "c1"}, {"alertname", "no"}});
  const auto notifier = Start({GroupOf(first), picky}, options, {Drop("alertname", "Noise")});
  const Notification alerts[] = {Alert("A", 1000, 9000), Alert("Noise", 1000, 9000),
                                 Alert("B", 1000, 9000)};
  notifier->Send(alerts, 1000);
  notifier->Stop(60'000);
  ASSERT_EQ(first.requests().size(), 1u);
  EXPECT_EQ(first.requests()[0].target, "/api/v2/alerts");
  EXPECT_EQ(AlertsIn(first.requests()[0]), (std::vector<std::string>{"A 09.000Z", "B 09.000Z"}));
  EXPECT_NE(first.requests()[0].body.find("\"cluster\":\"c1\""), std::string::npos);
  ASSERT_EQ(second.requests().size(), 1u);
  EXPECT_EQ(AlertsIn(second.requests()[0]), std::vector<std::string>{"B 09.000Z"});
}

TEST_F(NotifierTest, SendsTheNewestStateWhenAServerComesBack) {
  std::atomic<bool> down{true};
  const HttpReceiver receiver([&](const ReceivedRequest&) {
    return Reply{down ? 503 : 200, "busy"};
  });
  const auto notifier = Start({GroupOf(receiver)});
  const auto send = [&](const Notification& alert, model::Timestamp now) {
    notifier->Send(std::span(&alert, 1), now);
  };
  send(Alert("A", 1000, 9000), 1000);
  ASSERT_TRUE(receiver.WaitForRequests(1));
  send(Alert("A", 1000, 19'000), 2000);
  send(Alert("B", 1000, 8000), 2000);
  send(Alert("A", 1000, 3000), 3000);  // resolved
  ASSERT_TRUE(receiver.WaitForRequests(5));
  down = false;
  notifier->Stop(60'000);
  std::map<std::string, std::string> last;
  for (const std::string& alert : AlertsIn(receiver.requests().back())) {
    last[alert.substr(0, 1)] = alert.substr(2);
  }
  EXPECT_EQ(last["A"], "03.000Z");
  EXPECT_EQ(last["B"], "08.000Z");
}

TEST_F(NotifierTest, DoesNotRepeatWhatIsRefused) {
  const HttpReceiver receiver([](const ReceivedRequest& request) {
    return Reply{request.body.find("\"Bad\"") != std::string::npos ? 400 : 200, "bad label"};
  });
  const auto notifier = Start({GroupOf(receiver)});
  const Notification bad = Alert("Bad", 1000, 9000);
  notifier->Send(std::span(&bad, 1), 1000);
  ASSERT_TRUE(receiver.WaitForRequests(1));
  const Notification good = Alert("Good", 1000, 9000);
  notifier->Send(std::span(&good, 1), 1000);
  notifier->Stop(60'000);
  EXPECT_EQ(receiver.requests().size(), 2u);
  EXPECT_NE(metrics_.Expose().find("tidemark_notifications_refused_total{alertmanager="),
            std::string::npos);
}

TEST_F(NotifierTest, SendsLargeNumbersInBatches) {
  const HttpReceiver receiver;
  const auto notifier = Start({GroupOf(receiver)});
  std::vector<Notification> alerts;
  for (int i = 0; i < 1000; ++i) {
    alerts.push_back(Alert(fmt::format("A{}", i), 1000, 9000));
  }
  notifier->Send(alerts, 1000);
  notifier->Stop(60'000);
  size_t total = 0;
  for (const ReceivedRequest& request : receiver.requests()) {
    EXPECT_LE(AlertsIn(request).size(), 256u);
    total += AlertsIn(request).size();
  }
  EXPECT_EQ(total, 1000u);
}

TEST_F(NotifierTest, DoesNotLetASilentServerHoldUpAnother) {
  const HttpReceiver silent([](const ReceivedRequest&) { return Reply{200, "", false, true}; });
  const HttpReceiver receiver;
  const auto notifier = Start({GroupOf(silent), GroupOf(receiver)});
  for (size_t i = 1; i <= 3; ++i) {
    const Notification alert = Alert(fmt::format("A{}", i), 1000, 9000);
    notifier->Send(std::span(&alert, 1), 1000);
    ASSERT_TRUE(receiver.WaitForRequests(i));
  }
  ASSERT_TRUE(silent.WaitForRequests(1));
  notifier->Stop(0);
  EXPECT_EQ(silent.requests().size(), 1u);
}

TEST_F(NotifierTest, RefusesAConfigurationThatIsNotValid) {
  AlertingConfig config;
  config.alert_relabel_configs = {Drop("a", "(")};
  EXPECT_FALSE(Notifier::Create(config, {}, {&logger_, &metrics_}).ok());
}

}  // namespace
}  // namespace tidemark::alert
