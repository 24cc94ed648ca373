#include <thread>

#include "gtest/gtest.h"
#include "tests/server/testing/api_server.h"
#include "tests/server/testing/http_client.h"

namespace tidemark::server {
namespace {

using model::Labels;
using testing::ApiServer;
using testing::ApiServerOptions;
using testing::ClientResponse;
using testing::HttpClient;

constexpr std::string_view kFormType = "Content-Type: application/x-www-form-urlencoded\r\n";

class QueryRoutesTest : public ::testing::Test {
 protected:
  void Start(const ApiServerOptions& options = {}) {
    server_ = std::make_unique<ApiServer>(options);
    std::vector<model::Sample> samples;
    for (int i = 0; i <= 20; ++i) {
      samples.push_back({i * 1000, static_cast<double>(i)});
    }
    for (const char* instance : {"a", "b", "c"}) {
      server_->store().Add(Labels::Of({{"__name__", "up"}, {"instance", instance}}), samples);
    }
    server_->store().Add(Labels::Of({{"__name__", "now"}}), {{testing::kNowMs, 7}});
    server_->SetReady();
    client_ = std::make_unique<HttpClient>(server_->port());
  }
  void SetUp() override { Start(); }

  std::string Get(std::string_view target, int status = 200) {
    const ClientResponse response = client_->Get(target);
    EXPECT_EQ(response.status, status) << target << "\n" << response.body;
    EXPECT_EQ(response.Header("content-type"), "application/json");
    return response.body;
  }

  std::unique_ptr<ApiServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(QueryRoutesTest, AnswersAScalar) {
  EXPECT_EQ(Get("/api/v1/query?query=1%2B1&time=4"),
            R"({"status":"success","data":{"resultType":"scalar","result":[4,"2"]}})");
}

TEST_F(QueryRoutesTest, TakesAForm) {
  const ClientResponse response = client_->Post("/api/v1/query", "query=1%2B1&time=4.5", kFormType);
  EXPECT_EQ(response.body,
            R"({"status":"success","data":{"resultType":"scalar","result":[4.500,"2"]}})");
}

TEST_F(QueryRoutesTest, AnswersAVector) {
  EXPECT_EQ(Get(R"(/api/v1/query?query=up{instance="a"}&time=5)"),
            R"({"status":"success","data":{"resultType":"vector","result":[{"metric":)"
            R"({"__name__":"up","instance":"a"},"value":[5,"5"]}]}})");
}

TEST_F(QueryRoutesTest, EvaluatesAtThePresentTimeByDefault) {
  EXPECT_EQ(Get("/api/v1/query?query=sum(now)"),
            R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":)"
            R"([1700000000,"7"]}]}})");
}

TEST_F(QueryRoutesTest, AnswersARange) {
  EXPECT_EQ(Get("/api/v1/query_range?query=sum(up)&start=1&end=3&step=1"),
            R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":)"
            R"([[1,"3"],[2,"6"],[3,"9"]]}]}})");
}

TEST_F(QueryRoutesTest, CutsResultsAtTheLimit) {
  EXPECT_EQ(Get("/api/v1/query?query=up&time=1&limit=3").find("truncated"), std::string::npos);
  const std::string vector = Get("/api/v1/query?query=up&time=1&limit=2");
  EXPECT_NE(vector.find(R"("warnings":["results truncated due to limit"])"), std::string::npos);
  const std::string matrix = Get("/api/v1/query_range?query=up&start=1&end=1&step=1&limit=1");
  EXPECT_EQ(matrix, R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":)"
                    R"({"__name__":"up","instance":"a"},"values":[[1,"1"]]}]},)"
                    R"("warnings":["results truncated due to limit"]})");
}

TEST_F(QueryRoutesTest, GivesStatisticsWhenAsked) {
  const std::string with = Get("/api/v1/query?query=sum(up)&time=1&stats=true");
  EXPECT_NE(with.find(R"("result":[{"metric":{},"value":[1,"3"]}],"stats":{"timings":{)"),
            std::string::npos)
      << with;
  EXPECT_NE(with.find(R"("peakSamples":)"), std::string::npos);
  EXPECT_EQ(with.find("warnings"), std::string::npos);
  EXPECT_NE(Get("/api/v1/query?query=1&stats=some").find("warnings"), std::string::npos);
}

TEST_F(QueryRoutesTest, CountsTheSamplesOfEachStepWhenAskedForAllStatistics) {
  const std::string instant = Get("/api/v1/query?query=sum(up)&time=1&stats=all");
  EXPECT_NE(instant.find(R"("samples":{"totalQueryableSamplesPerStep":[[1,3]],)"
                         R"("totalQueryableSamples":3,)"),
            std::string::npos)
      << instant;
  const std::string range = Get("/api/v1/query_range?query=up&start=1&end=2&step=1&stats=all");
  EXPECT_NE(range.find(R"("totalQueryableSamplesPerStep":[[1,3],[2,3]],)"), std::string::npos)
      << range;
}

TEST_F(QueryRoutesTest, ShowsWarningsAndInfos) {
  const std::string body = Get("/api/v1/query?query=rate(up[10s])&time=15");
  EXPECT_NE(body.find(R"("infos":["PromQL info:)"), std::string::npos) << body;
}

TEST_F(QueryRoutesTest, HeedsTheLookbackOfAQuery) {
  EXPECT_NE(Get("/api/v1/query?query=sum(up)&time=100").find(R"([100,"60"])"), std::string::npos);
  EXPECT_NE(Get("/api/v1/query?query=sum(up)&time=100&lookback_delta=10").find(R"("result":[])"),
            std::string::npos);
}

TEST_F(QueryRoutesTest, SurvivesTimesGivenInMilliseconds) {
  Get("/api/v1/query?query=up&time=1600000000000");
  Get("/api/v1/query_range?query=up&start=1600000000000&end=1600000060000&step=15");
  Get("/api/v1/query?query=up&time=1e300");
  Get("/api/v1/query?query=rate(up[5m])&time=-1e300");
  EXPECT_EQ(Get("/api/v1/query_exemplars?query=test&start=1600000000000&end=1600000060000"),
            R"({"status":"success","data":[]})");
}

struct Refusal {
  std::string_view target;
  std::string_view error;
};

TEST_F(QueryRoutesTest, RefusesBadParametersWithTheirNames) {
  const Refusal refusals[] = {
      {"query?query=up&time=x",
       R"(invalid parameter \"time\": cannot parse \"x\" to a valid timestamp)"},
      {"query?query=up&timeout=x",
       R"(invalid parameter \"timeout\": cannot parse \"x\" to a valid duration)"},
      {"query?query=up&lookback_delta=x",
       R"(invalid parameter \"lookback_delta\": cannot parse \"x\" to a valid duration)"},
      {"query?query=up&limit=-1", R"(invalid parameter \"limit\": limit must be non-negative)"},
      {"query?query=%zz", R"(error parsing form values: invalid URL escape \"%zz\")"},
      {"query_range?query=up&end=1&step=1",
       R"(invalid parameter \"start\": cannot parse \"\" to a valid timestamp)"},
      {"query_range?query=up&start=1&step=1",
       R"(invalid parameter \"end\": cannot parse \"\" to a valid timestamp)"},
      {"query_range?query=up&start=2&end=1&step=1",
       R"(invalid parameter \"end\": end timestamp must not be before start time)"},
      {"query_range?query=up&start=1&end=2",
       R"(invalid parameter \"step\": cannot parse \"\" to a valid duration)"},
      {"query_range?query=up&start=1&end=2&step=0",
       R"(invalid parameter \"step\": zero or negative query resolution step widths are not )"
       R"(accepted. Try a positive integer)"},
      {"query_range?query=up&start=1&end=2&step=-1",
       R"(invalid parameter \"step\": zero or negative query resolution step widths are not )"
       R"(accepted. Try a positive integer)"},
      {"query_range?query=up&start=0&end=11001&step=1",
       R"(exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query )"
       R"(resolution (?step=XX))"},
      {"query_range?query=up&start=-1e300&end=1e300&step=1",
       R"(exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query )"
       R"(resolution (?step=XX))"},
      {"query_range?query=up[5m]&start=1&end=2&step=1",
       R"(invalid parameter \"query\": invalid expression type \"range vector\" for range query, )"
       R"(must be Scalar or instant Vector)"},
      {"query_exemplars?query=up&start=2&end=1",
       R"(invalid parameter \"end\": end timestamp must not be before start time)"},
  };
  for (const auto& [target, error] : refusals) {
    EXPECT_EQ(Get(fmt::format("/api/v1/{}", target), 400),
              fmt::format(R"({{"status":"error","errorType":"bad_data","error":"{}"}})", error));
  }
}

TEST_F(QueryRoutesTest, AllowsElevenThousandAndOnePoints) {
  Get("/api/v1/query_range?query=up&start=0&end=11000&step=1");
}

TEST_F(QueryRoutesTest, TellsWhereAQueryDoesNotParse) {
  for (const std::string_view path : {"query", "format_query", "query_exemplars"}) {
    const std::string body = Get(fmt::format("/api/v1/{}?query=sum(", path), 400);
    EXPECT_NE(body.find(R"("error":"invalid parameter \"query\": 1:)"), std::string::npos) << body;
    EXPECT_NE(body.find("parse error: "), std::string::npos) << body;
  }
  Get("/api/v1/query", 400);
}

TEST_F(QueryRoutesTest, AnswersExecutionErrorsAsUnprocessable) {
  const std::string body = Get("/api/v1/query?query=up%20*%20on()%20up&time=1", 422);
  EXPECT_NE(body.find(R"("errorType":"execution")"), std::string::npos) << body;
}

TEST_F(QueryRoutesTest, AnswersStoreErrorsAsInternal) {
  server_->store().set_failure(absl::DataLossError("bad block"));
  const std::string body = Get("/api/v1/query?query=up", 500);
  EXPECT_NE(body.find(R"("errorType":"internal")"), std::string::npos) << body;
  EXPECT_NE(body.find("bad block"), std::string::npos);
}

TEST_F(QueryRoutesTest, AnswersTimeoutsAsUnavailable) {
  const std::string body = Get("/api/v1/query?query=up&timeout=0", 503);
  EXPECT_NE(body.find(R"("errorType":"timeout")"), std::string::npos) << body;
}

TEST_F(QueryRoutesTest, BoundsTheSamplesOfAQuery) {
  Start({.engine = {.max_samples = 10}});
  const std::string body = Get("/api/v1/query?query=up[1m]&time=20", 422);
  EXPECT_NE(body.find("too many samples"), std::string::npos) << body;
}

TEST_F(QueryRoutesTest, EndsAQueryWhoseClientHasGone) {
  Start({.http = {.query_threads = 1}});
  {
    HttpClient impatient(server_->port());
    // Eleven thousand windows of 864,000 values: a minute's work at least.
    impatient.Send(
        "GET /api/v1/query_range?query=up%20and%20quantile_over_time(0.5,vector(1)[10d:1s])"
        "&start=0&end=11000&step=1 HTTP/1.1\r\nHost: t\r\n\r\n");
    while (server_->querier().max_time() == 0) {
      std::this_thread::yield();
    }
  }
  // The only thread for queries is free again, well before the client here gives up.
  Get("/api/v1/query?query=1");
}

TEST_F(QueryRoutesTest, FormatsQueries) {
  EXPECT_EQ(Get("/api/v1/format_query?query=sum(up)by(instance)%20%23%20why"),
            R"j({"status":"success","data":"sum by (instance) (up)"})j");
}

TEST_F(QueryRoutesTest, KnowsExperimentalFunctionsOnlyWhenEnabled) {
  for (const std::string_view path : {"query", "format_query"}) {
    const std::string target = fmt::format("/api/v1/{}?query=sort_by_label(up,'instance')", path);
    Start();
    Get(target, 400);
    Start({.engine = {.enable_experimental = true}});
    Get(target, 200);
  }
}

}  // namespace
}  // namespace tidemark::server
