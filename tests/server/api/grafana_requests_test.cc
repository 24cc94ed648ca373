// The requests that Grafana's Prometheus data source sends, as it sends them, in the order of its
// life: health check, features, browser, panels, exemplars, variables, alert list.

#include "gtest/gtest.h"
#include "rapidjson/document.h"
#include "tests/server/testing/api_server.h"
#include "tests/server/testing/http_client.h"
#include "tests/testing/http_client.h"

namespace tidemark::server {
namespace {

using model::Labels;
using ::tidemark::testing::FormEncode;
using ::tidemark::testing::Pairs;

constexpr std::string_view kForm = "Content-Type: application/x-www-form-urlencoded\r\n";
constexpr int64_t kStart = testing::kNowMs / 1000 - 3600;
constexpr int64_t kEnd = testing::kNowMs / 1000;

class GrafanaRequestsTest : public ::testing::Test {
 protected:
  GrafanaRequestsTest() : client_(server_.port()) {
    std::vector<model::Sample> samples;
    for (int64_t s = kStart; s <= kEnd; s += 15) {
      samples.push_back({s * 1000, static_cast<double>(s - kStart)});
    }
    for (const char* instance : {"a", "b"}) {
      server_.store().Add(
          Labels::Of({{"__name__", "http_requests_total"}, {"instance", instance}, {"job", "api"}}),
          samples);
    }
    server_.store().Add(Labels::Of({{"__name__", "my.metric"}, {"a.label", "x"}}), samples);
    server_.descriptions() = {{"http_requests_total", "counter", "Requests.", ""}};
    server_.SetReady();
  }

  // The data of a success.
  const rapidjson::Value& Data(const testing::ClientResponse& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.Header("content-type"), "application/json");
    json_.Parse(response.body.data(), response.body.size());
    EXPECT_FALSE(json_.HasParseError()) << response.body;
    EXPECT_STREQ(json_["status"].GetString(), "success");
    return json_["data"];
  }
  const rapidjson::Value& Post(std::string_view path, const Pairs& parameters) {
    return Data(client_.Post(path, FormEncode(parameters), kForm));
  }
  const rapidjson::Value& Get(const std::string& path, const Pairs& parameters = {}) {
    return Data(client_.Get(parameters.empty() ? path : path + "?" + FormEncode(parameters)));
  }

  static Pairs WithHour(Pairs parameters) {
    parameters.emplace_back("start", std::to_string(kStart));
    parameters.emplace_back("end", std::to_string(kEnd));
    return parameters;
  }

  testing::ApiServer server_;
  testing::HttpClient client_;
  rapidjson::Document json_;
};

TEST_F(GrafanaRequestsTest, SaveAndTestFindsAPrometheus) {
  const auto& two = Post("/api/v1/query", {{"query", "1+1"}, {"time", "4"}});
  EXPECT_STREQ(two["resultType"].GetString(), "scalar");
  EXPECT_STREQ(two["result"][1].GetString(), "2");
  const auto& build = Get("/api/v1/status/buildinfo");
  EXPECT_GE(std::string_view(build["version"].GetString()), "2.24.0");
  EXPECT_FALSE(build.HasMember("features"));
}

TEST_F(GrafanaRequestsTest, TheMetricBrowserListsWhatThereIs) {
  EXPECT_EQ(Get("/api/v1/label/__name__/values", WithHour({{"limit", "40000"}})).Size(), 2U);
  EXPECT_EQ(Get("/api/v1/label/__name__/values",
                WithHour({{"match[]", R"({__name__=~".*requests.*"})"}, {"limit", "40000"}}))
                .Size(),
            1U);
  EXPECT_EQ(Post("/api/v1/labels", WithHour({{"match[]", "http_requests_total"}})).Size(), 3U);
  EXPECT_EQ(Get("/api/v1/labels", WithHour({{"limit", "40000"}})).Size(), 4U);
  EXPECT_EQ(Post("/api/v1/series", WithHour({{"match[]", R"({__name__!=""})"}})).Size(), 3U);
  EXPECT_TRUE(Get("/api/v1/metadata", {{"limit", "40000"}}).HasMember("http_requests_total"));
  EXPECT_EQ(Get("/api/v1/rules")["groups"].Size(), 0U);
}

TEST_F(GrafanaRequestsTest, LabelsOfAnyNameHaveValues) {
  EXPECT_STREQ(Get("/api/v1/label/U__a_2e_label/values", WithHour({}))[0].GetString(), "x");
  EXPECT_EQ(Post("/api/v1/query", {{"query", R"({"my.metric","a.label"="x"})"},
                                   {"time", std::to_string(kEnd)}})["result"]
                .Size(),
            1U);
}

TEST_F(GrafanaRequestsTest, PanelsGetTheirSeries) {
  const auto& range = Post("/api/v1/query_range?timeout=60s",
                           {{"query", "sum by (instance) (rate(http_requests_total[1m0s]))"},
                            {"start", std::to_string(kStart) + ".5"},
                            {"end", std::to_string(kEnd) + ".5"},
                            {"step", "15"}});
  EXPECT_STREQ(range["resultType"].GetString(), "matrix");
  EXPECT_EQ(range["result"].Size(), 2U);
  const auto& instant = Post("/api/v1/query", {{"query", "topk(1, http_requests_total)"},
                                               {"time", std::to_string(kEnd) + ".123"}});
  EXPECT_STREQ(instant["resultType"].GetString(), "vector");
  EXPECT_EQ(instant["result"].Size(), 1U);
}

TEST_F(GrafanaRequestsTest, ExemplarsAreAskedForInMillisecondsAndSeconds) {
  EXPECT_EQ(Get("/api/v1/query_exemplars", {{"query", "test"},
                                            {"start", std::to_string(kStart * 1000)},
                                            {"end", std::to_string(kEnd * 1000)}})
                .Size(),
            0U);
  EXPECT_EQ(Post("/api/v1/query_exemplars", WithHour({{"query", "http_requests_total"}})).Size(),
            0U);
}

TEST_F(GrafanaRequestsTest, VariablesAreFilled) {
  EXPECT_EQ(Get("/api/v1/label/instance/values",
                WithHour({{"match[]", R"(http_requests_total{job="api"})"}}))
                .Size(),
            2U);
  EXPECT_EQ(Get("/api/v1/series", WithHour({{"match[]", "http_requests_total"}})).Size(), 2U);
}

TEST_F(GrafanaRequestsTest, TheAlertListIsThere) {
  EXPECT_EQ(Get("/api/v1/rules", {{"type", "alert"}})["groups"].Size(), 0U);
  EXPECT_EQ(Get("/api/v1/alerts")["alerts"].Size(), 0U);
  EXPECT_EQ(Get("/api/v1/alertmanagers")["activeAlertmanagers"].Size(), 0U);
  EXPECT_EQ(Get("/api/v1/targets", {{"state", "active"}})["activeTargets"].Size(), 0U);
}

}  // namespace
}  // namespace tidemark::server
