#include "server/api/rule_routes.h"

#include <gtest/gtest.h>

#include "rapidjson/document.h"
#include "tests/server/testing/api_server.h"
#include "tests/testing/http_client.h"

namespace tidemark::server {
namespace {

using ::tidemark::testing::HttpClient;
using ::tidemark::testing::HttpResponse;
using ::tidemark::testing::Pairs;

alert::Alert FiringAlert(const std::string& cluster) {
  alert::Alert alert;
  alert.labels = model::Labels::Of({{"alertname", "Lag"}, {"cluster", cluster}});
  alert.annotations = {{"summary", "lag of \"" + cluster + "\""}};
  alert.value = 0.25;
  alert.state = alert::AlertState::kFiring;
  alert.active_at = 1'700'000'000'000;
  alert.fired_at = 1'700'000'600'500;
  return alert;
}

alert::LiveGroupStatus GroupOf(const std::string& file, const std::string& name) {
  alert::LiveGroupStatus group;
  group.group.file = file;
  group.group.name = name;
  group.interval_ms = 15'000;
  alert::LiveRuleStatus lag;
  lag.rule.name = "Lag";
  lag.rule.expr = "lag>600";
  lag.rule.for_ms = 600'000;
  lag.rule.annotations = {{"summary", "lag of {{ $labels.cluster }}"}};
  lag.labels = {{"severity", "critical"}};
  lag.health = alert::RuleHealth::kOk;
  lag.last_duration_ns = 2'000'000;
  lag.last_evaluation = 1'700'000'000'000;
  lag.splits = true;
  lag.on_arrival = true;
  lag.worst_delay_ms = 250;
  lag.partitions = 2;
  alert::LiveRuleStatus record;
  record.rule.kind = alert::RuleKind::kRecord;
  record.rule.name = "lag:max";
  record.rule.expr = "max(lag)";
  group.rules = {lag, record};
  return group;
}

class RuleRoutesTest : public ::testing::Test {
 protected:
  RuleRoutesTest() {
    server_.SetReady();
    server_.groups = {GroupOf("b.yml", "one"), GroupOf("a.yml", "two"), GroupOf("a.yml", "one")};
  }

  rapidjson::Document Get(const std::string& path, const Pairs& parameters = {},
                          int expected = 200) {
    const auto response = http_.Get(path, parameters);
    EXPECT_TRUE(response.ok()) << response.status();
    rapidjson::Document document;
    if (response.ok()) {
      EXPECT_EQ(response->status, expected) << response->body;
      document.Parse(response->body.c_str());
      EXPECT_FALSE(document.HasParseError()) << response->body;
    }
    return document;
  }
  std::string Body(const std::string& path, const Pairs& parameters = {}) {
    const auto response = http_.Get(path, parameters);
    return response.ok() ? response->body : response.status().ToString();
  }
  // "a.yml/one:Lag,lag:max a.yml/two:…", and the token if there is one.
  std::pair<std::string, std::string> Rules(const Pairs& parameters) {
    const rapidjson::Document document = Get("/api/v1/rules", parameters);
    std::string text;
    for (const auto& group : document["data"]["groups"].GetArray()) {
      text += fmt::format("{}{}/{}:", text.empty() ? "" : " ", group["file"].GetString(),
                          group["name"].GetString());
      for (const auto& rule : group["rules"].GetArray()) {
        text += fmt::format("{}{}", text.back() == ':' ? "" : ",", rule["name"].GetString());
      }
    }
    const bool more = document["data"].HasMember("groupNextToken");
    return {text, more ? document["data"]["groupNextToken"].GetString() : ""};
  }

  testing::ApiServer server_;
  HttpClient http_{server_.port()};
};

TEST_F(RuleRoutesTest, ShowsRulesInPrometheusShape) {
  server_.groups.resize(1);
  server_.groups[0].rules[0].alerts = {{model::Labels::Of({{"cluster", "a"}}), FiringAlert("a")}};
  EXPECT_EQ(
      Body("/api/v1/rules"),
      R"({"status":"success","data":{"groups":[{"name":"one","file":"b.yml","rules":[)"
      R"({"state":"firing","name":"Lag","query":"lag > 600","duration":600,"keepFiringFor":0,)"
      R"("labels":{"severity":"critical"},"annotations":{"summary":"lag of {{ $labels.cluster }}"},)"
      R"("alerts":[{"labels":{"alertname":"Lag","cluster":"a"},"annotations":{"summary":)"
      R"("lag of \"a\""},"state":"firing","activeAt":"2023-11-14T22:13:20Z","value":"2.5e-01",)"
      R"("cluster":{"cluster":"a"},"firedAt":"2023-11-14T22:23:20.500Z","inputs":"live"}],)"
      R"("health":"ok","evaluationTime":0.002,"lastEvaluation":"2023-11-14T22:13:20Z",)"
      R"("evaluations":0,"evaluationFailures":0,"settleExpiries":0,"partitions":2,"clusters":0,)"
      R"("triggers":["arrival","deadline"],"worstDelay":0.25,"type":"alerting"},)"
      R"json({"name":"lag:max","query":"max(lag)","labels":{},"health":"unknown","evaluationTime":0,)json"
      R"("lastEvaluation":"0001-01-01T00:00:00Z","evaluations":0,"evaluationFailures":0,)"
      R"("settleExpiries":0,"partitions":0,"clusters":0,"triggers":["tick"],"worstDelay":0,)"
      R"("type":"recording"}],)"
      R"("interval":15,"limit":0,"evaluationTime":0.002,"lastEvaluation":"2023-11-14T22:13:20Z",)"
      R"("fleetWide":false}]}})");
}

TEST_F(RuleRoutesTest, FiltersByKindNameGroupFileAndLabels) {
  EXPECT_EQ(Rules({}).first, "a.yml/one:Lag,lag:max a.yml/two:Lag,lag:max b.yml/one:Lag,lag:max");
  EXPECT_EQ(Rules({{"type", "alert"}}).first, "a.yml/one:Lag a.yml/two:Lag b.yml/one:Lag");
  EXPECT_EQ(Rules({{"rule_name[]", "lag:max"}, {"file[]", "b.yml"}}).first, "b.yml/one:lag:max");
  EXPECT_EQ(Rules({{"rule_group[]", "two"}, {"rule_group[]", "none"}}).first,
            "a.yml/two:Lag,lag:max");
  EXPECT_EQ(Rules({{"match[]", "{severity=\"critical\"}"}, {"rule_group[]", "two"}}).first,
            "a.yml/two:Lag");
  EXPECT_EQ(Rules({{"match[]", "{severity=\"other\"}"}}).first, "");
}

TEST_F(RuleRoutesTest, LeadsFromPageToPage) {
  const auto [first, token] = Rules({{"group_limit", "2"}});
  EXPECT_EQ(first, "a.yml/one:Lag,lag:max a.yml/two:Lag,lag:max");
  ASSERT_EQ(token.size(), 64u);
  const auto [second, none] = Rules({{"group_limit", "2"}, {"group_next_token", token}});
  EXPECT_EQ(second, "b.yml/one:Lag,lag:max");
  EXPECT_EQ(none, "");
  EXPECT_EQ(Rules({{"group_limit", "3"}}).second, "");
}

TEST_F(RuleRoutesTest, RefusesParametersThatMeanNothing) {
  for (const Pairs& parameters :
       {Pairs{{"type", "x"}}, Pairs{{"exclude_alerts", "x"}}, Pairs{{"group_limit", "0"}},
        Pairs{{"group_limit", "x"}}, Pairs{{"group_next_token", "abc"}},
        Pairs{{"group_limit", "1"}, {"group_next_token", "abc"}}, Pairs{{"match[]", "{"}}}) {
    EXPECT_STREQ(Get("/api/v1/rules", parameters, 400)["errorType"].GetString(), "bad_data");
  }
}

TEST_F(RuleRoutesTest, LeavesAlertsOutWhenAsked) {
  server_.groups[0].rules[0].alerts = {{model::Labels(), FiringAlert("a")}};
  const rapidjson::Document document = Get("/api/v1/rules", {{"exclude_alerts", "true"}});
  EXPECT_TRUE(document["data"]["groups"][2]["rules"][0]["alerts"].IsNull());
  EXPECT_STREQ(document["data"]["groups"][2]["rules"][0]["state"].GetString(), "firing");
}

TEST_F(RuleRoutesTest, ListsAllActiveAlertsInOrder) {
  alert::Alert silent = FiringAlert("b");
  silent.silent_since = 1'700'000'900'000;
  silent.value = 1;
  server_.groups[0].rules[0].alerts = {{model::Labels(), silent},
                                       {model::Labels(), FiringAlert("a")}};
  const rapidjson::Document document = Get("/api/v1/alerts");
  const auto& alerts = document["data"]["alerts"];
  ASSERT_EQ(alerts.Size(), 2u);
  EXPECT_STREQ(alerts[0]["labels"]["cluster"].GetString(), "a");
  EXPECT_STREQ(alerts[0]["inputs"].GetString(), "live");
  EXPECT_STREQ(alerts[1]["value"].GetString(), "1e+00");
  EXPECT_STREQ(alerts[1]["inputs"].GetString(), "silent");
  EXPECT_STREQ(alerts[1]["silentSince"].GetString(), "2023-11-14T22:28:20Z");
  server_.groups.clear();
  EXPECT_EQ(Body("/api/v1/alerts"), R"({"status":"success","data":{"alerts":[]}})");
  EXPECT_EQ(Body("/api/v1/rules"), R"({"status":"success","data":{"groups":[]}})");
}

TEST_F(RuleRoutesTest, ListsAlertmanagers) {
  EXPECT_EQ(Body("/api/v1/alertmanagers"),
            R"({"status":"success","data":{"activeAlertmanagers":[],"droppedAlertmanagers":[]}})");
  server_.alertmanagers = {"http://a:9093/api/v2/alerts", "http://b:9093/api/v2/alerts"};
  EXPECT_EQ(Body("/api/v1/alertmanagers"),
            R"({"status":"success","data":{"activeAlertmanagers":[)"
            R"({"url":"http://a:9093/api/v2/alerts"},{"url":"http://b:9093/api/v2/alerts"}],)"
            R"("droppedAlertmanagers":[]}})");
}

TEST_F(RuleRoutesTest, AsksTheHistoryForWhatTheParametersSay) {
  alert::AlertRecord record;
  record.rule = "Lag";
  record.group = "one";
  record.file = "a.yml";
  record.cluster = model::Labels::Of({{"cluster", "a"}});
  record.from = alert::AlertState::kPending;
  record.t = 1'700'000'600'500;
  record.received_at = record.t + 4;
  record.cause = "deadline";
  record.alert = FiringAlert("a");
  server_.history = alert::HistoryAnswer{.transitions = {record}, .truncated = true};
  EXPECT_EQ(Body("/api/v1/alerts/history", {{"start", "100"},
                                            {"end", "200.5"},
                                            {"rule_name[]", "Lag"},
                                            {"match[]", "{cluster=\"a\"}"},
                                            {"limit", "1"}}),
            R"({"status":"success","data":{"transitions":[{"time":"2023-11-14T22:23:20.500Z",)"
            R"("receivedAt":"2023-11-14T22:23:20.504Z","cause":"deadline","rule":"Lag",)"
            R"("group":"one","file":"a.yml","cluster":{"cluster":"a"},"labels":)"
            R"({"alertname":"Lag","cluster":"a"},"annotations":{"summary":"lag of \"a\""},)"
            R"("from":"pending","to":"firing","value":"2.5e-01",)"
            R"("activeAt":"2023-11-14T22:13:20Z","firedAt":"2023-11-14T22:23:20.500Z",)"
            R"("inputs":"live"}]},"warnings":["results truncated due to limit"]})");
  const alert::HistoryQuery& asked = server_.asked;
  EXPECT_EQ(asked.min_time, 100'000);
  EXPECT_EQ(asked.max_time, 200'500);
  EXPECT_EQ(asked.rules, std::vector<std::string>{"Lag"});
  ASSERT_EQ(asked.selectors.size(), 1u);
  EXPECT_EQ(asked.selectors[0][0].ToString(), "cluster=\"a\"");
  EXPECT_EQ(asked.limit, 1u);
  server_.history = absl::DataLossError("read alerts/00000001.journal: Input/output error");
  EXPECT_STREQ(Get("/api/v1/alerts/history", {}, 422)["errorType"].GetString(), "execution");
  Get("/api/v1/alerts/history", {{"limit", "-1"}}, 400);
  Get("/api/v1/alerts/history", {{"start", "x"}}, 400);
}

}  // namespace
}  // namespace tidemark::server
