#include "gtest/gtest.h"
#include "server/api/param_values.h"
#include "tests/server/testing/api_server.h"
#include "tests/server/testing/http_client.h"

namespace tidemark::server {
namespace {

using model::Labels;
using testing::ApiServer;
using testing::ClientResponse;
using testing::HttpClient;

class SeriesRoutesTest : public ::testing::Test {
 protected:
  SeriesRoutesTest() {
    const std::vector<model::Sample> early = {{1000, 1}};
    const std::vector<model::Sample> late = {{100'000, 1}};
    auto& store = server_.store();
    store.Add(Labels::Of({{"__name__", "up"}, {"job", "a"}}), early);
    store.Add(Labels::Of({{"__name__", "up"}, {"job", "b"}}), late);
    store.Add(Labels::Of({{"__name__", "down"}, {"http.status", "500"}}), late);
    server_.SetReady();
  }

  // The data of a success; the whole body of anything else.
  std::string Data(std::string_view target) {
    const ClientResponse response = client_.Get(target);
    constexpr std::string_view kHead = R"({"status":"success","data":)";
    if (!response.body.starts_with(kHead)) {
      return response.body;
    }
    return response.body.substr(kHead.size(), response.body.size() - kHead.size() - 1);
  }
  std::string Error(std::string_view target) {
    const ClientResponse response = client_.Get(target);
    EXPECT_EQ(response.status, 400) << target;
    constexpr std::string_view kHead = R"({"status":"error","errorType":"bad_data","error":")";
    EXPECT_TRUE(response.body.starts_with(kHead)) << response.body;
    return response.body.substr(kHead.size(), response.body.size() - kHead.size() - 2);
  }

  void ExpectExtent(model::Timestamp min_time, model::Timestamp max_time) {
    EXPECT_EQ(server_.querier().min_time(), min_time);
    EXPECT_EQ(server_.querier().max_time(), max_time);
  }

  ApiServer server_;
  HttpClient client_{server_.port()};
};

TEST_F(SeriesRoutesTest, ListsSeriesInOrder) {
  EXPECT_EQ(Data("/api/v1/series?match[]=up"),
            R"([{"__name__":"up","job":"a"},{"__name__":"up","job":"b"}])");
  EXPECT_EQ(Data(R"(/api/v1/series?match[]=up{job="a"}&match[]=down&match[]=up{job=~"a|x"})"),
            R"([{"__name__":"down","http.status":"500"},{"__name__":"up","job":"a"}])");
  EXPECT_EQ(Data("/api/v1/series?match[]=nothing"), "[]");
}

TEST_F(SeriesRoutesTest, TakesAFormWithSelectors) {
  const ClientResponse response =
      client_.Post("/api/v1/series", "match%5B%5D=%7Bjob%21%3D%22%22%7D&start=0&end=50",
                   "Content-Type: application/x-www-form-urlencoded\r\n");
  EXPECT_EQ(response.body, R"({"status":"success","data":[{"__name__":"up","job":"a"},)"
                           R"({"__name__":"up","job":"b"}]})");
  ExpectExtent(0, 50'000);
}

TEST_F(SeriesRoutesTest, CutsListsAtTheLimit) {
  EXPECT_EQ(Data("/api/v1/series?match[]=up&limit=1"),
            R"([{"__name__":"up","job":"a"}],"warnings":["results truncated due to limit"])");
  EXPECT_EQ(Data("/api/v1/series?match[]=up&limit=2"),
            R"([{"__name__":"up","job":"a"},{"__name__":"up","job":"b"}])");
  EXPECT_EQ(Data("/api/v1/labels?limit=1"),
            R"(["__name__"],"warnings":["results truncated due to limit"])");
  EXPECT_EQ(Data("/api/v1/labels?limit=40000"), R"(["__name__","http.status","job"])");
}

TEST_F(SeriesRoutesTest, ListsLabelNames) {
  EXPECT_EQ(Data("/api/v1/labels"), R"(["__name__","http.status","job"])");
  EXPECT_EQ(Data("/api/v1/labels?match[]=up"), R"(["__name__","job"])");
  EXPECT_EQ(Data("/api/v1/labels?match[]=up&match[]=down"), R"(["__name__","http.status","job"])");
  ExpectExtent(model::kMinTimestamp, model::kMaxTimestamp);
  Data("/api/v1/labels?start=0.5&end=1700000000");
  ExpectExtent(500, 1'700'000'000'000);
}

TEST_F(SeriesRoutesTest, ListsLabelValues) {
  EXPECT_EQ(Data("/api/v1/label/job/values"), R"(["a","b"])");
  EXPECT_EQ(Data("/api/v1/label/__name__/values"), R"(["down","up"])");
  EXPECT_EQ(Data(R"(/api/v1/label/job/values?match[]=up{job!="a"})"), R"(["b"])");
  EXPECT_EQ(Data("/api/v1/label/unknown/values"), "[]");
  Data("/api/v1/label/job/values?start=2023-01-01T00:00:00Z");
  ExpectExtent(1'672'531'200'000, model::kMaxTimestamp);
}

TEST_F(SeriesRoutesTest, FindsLabelsWithEscapedNames) {
  EXPECT_EQ(Data("/api/v1/label/U__http_2e_status/values"), R"(["500"])");
  EXPECT_EQ(Data("/api/v1/label/http%2estatus/values"), R"(["500"])");
}

TEST_F(SeriesRoutesTest, TakesTheTimesThatClientLibrariesSend) {
  EXPECT_EQ(Data("/api/v1/label/job/values?start=-292273086-05-16T16:47:06Z"
                 "&end=292277025-08-18T07:12:54.999999999Z"),
            R"(["a","b"])");
  ExpectExtent(kMinApiTime, kMaxApiTime);
}

TEST_F(SeriesRoutesTest, RefusesBadParameters) {
  EXPECT_EQ(Error("/api/v1/series"), "no match[] parameter provided");
  EXPECT_EQ(
      Error("/api/v1/series?match[]={}"),
      R"(invalid parameter \"match[]\": match[] must contain at least one non-empty matcher)");
  EXPECT_EQ(
      Error(R"(/api/v1/labels?match[]={job=~".*"})"),
      R"(invalid parameter \"match[]\": match[] must contain at least one non-empty matcher)");
  EXPECT_EQ(Error("/api/v1/labels?start=x"),
            R"(invalid parameter \"start\": cannot parse \"x\" to a valid timestamp)");
  EXPECT_EQ(Error("/api/v1/labels?limit=x"),
            R"(invalid parameter \"limit\": cannot parse \"x\" to a valid limit)");
  EXPECT_EQ(Error("/api/v1/label/%ff/values"), R"(invalid label name: \"%ff\")");
  EXPECT_TRUE(
      Error("/api/v1/series?match[]=up[5m]").starts_with(R"(invalid parameter \"match[]\")"));
}

TEST_F(SeriesRoutesTest, AnswersStoreErrorsAsExecution) {
  server_.store().set_failure(absl::DataLossError("bad block"));
  const ClientResponse response = client_.Get("/api/v1/series?match[]=up");
  EXPECT_EQ(response.status, 422);
  EXPECT_EQ(response.body, R"({"status":"error","errorType":"execution","error":"bad block"})");
}

TEST_F(SeriesRoutesTest, DescribesMetrics) {
  EXPECT_EQ(Data("/api/v1/metadata"), "{}");
  server_.descriptions() = {{"a", "counter", "Help \"a\".", "bytes"},
                            {"a", "gauge", "Other.", ""},
                            {"b", "gauge", "", ""}};
  EXPECT_EQ(Data("/api/v1/metadata"),
            R"({"a":[{"type":"counter","help":"Help \"a\".","unit":"bytes"},)"
            R"({"type":"gauge","help":"Other.","unit":""}],)"
            R"("b":[{"type":"gauge","help":"","unit":""}]})");
  EXPECT_EQ(Data("/api/v1/metadata?metric=b"), R"({"b":[{"type":"gauge","help":"","unit":""}]})");
  EXPECT_EQ(Data("/api/v1/metadata?limit=1&limit_per_metric=1"),
            R"({"a":[{"type":"counter","help":"Help \"a\".","unit":"bytes"}]})");
  EXPECT_EQ(Data("/api/v1/metadata?limit=0"), "{}");
  EXPECT_EQ(Data("/api/v1/metadata?limit=-1&metric=b"),
            R"({"b":[{"type":"gauge","help":"","unit":""}]})");
  EXPECT_EQ(Error("/api/v1/metadata?limit=x"), "limit must be a number");
  EXPECT_EQ(Error("/api/v1/metadata?limit_per_metric=x"), "limit_per_metric must be a number");
}

}  // namespace
}  // namespace tidemark::server
