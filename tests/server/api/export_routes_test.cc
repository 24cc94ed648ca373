#include "gtest/gtest.h"
#include "proto/prometheus/remote_read.pb.h"
#include "snappy.h"
#include "tests/server/testing/api_server.h"
#include "tests/server/testing/http_client.h"

namespace tidemark::server {
namespace {

using model::Labels;
using testing::ClientResponse;

constexpr std::string_view kReadHeaders =
    "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
    "X-Prometheus-Remote-Read-Version: 0.1.0\r\nAccept-Encoding: gzip\r\n";

class ExportRoutesTest : public ::testing::Test {
 protected:
  ExportRoutesTest() : client_(server_.port()) {
    const int64_t now = testing::kNowMs;
    Add({{"__name__", "up"}, {"instance", "b"}}, {{now - 1000, 1}});
    Add({{"__name__", "up"}, {"instance", "a"}}, {{now - 2000, 0.5}, {now - 1000, 1e-9}});
    Add({{"__name__", "down"}}, {{now, std::nan("")}});
    Add({{"__name__", "gone"}}, {{now - 2000, 1}, {now - 1000, model::StaleMarker()}});
    Add({{"__name__", "old"}}, {{now - 300'000, 1}});
    Add({{"__name__", "my.metric"}, {"a-b", "say \"x\"\n\\"}}, {{now, 2}});
    server_.SetReady();
  }

  void Add(std::vector<std::pair<std::string, std::string>> labels,
           const std::vector<model::Sample>& samples) {
    server_.store().Add(Labels::Of(std::move(labels)), samples);
  }

  ClientResponse Read(const prometheus::ReadRequest& request) {
    std::string packed;
    const std::string bytes = request.SerializeAsString();
    snappy::Compress(bytes.data(), bytes.size(), &packed);
    return client_.Post("/api/v1/read", packed, kReadHeaders);
  }

  static prometheus::ReadRequest QueryUp() {
    prometheus::ReadRequest request;
    prometheus::Query* query = request.add_queries();
    query->set_start_timestamp_ms(testing::kNowMs - 2000);
    query->set_end_timestamp_ms(testing::kNowMs - 1000);
    prometheus::LabelMatcher* matcher = query->add_matchers();
    matcher->set_name("__name__");
    matcher->set_type(prometheus::LabelMatcher::RE);
    matcher->set_value("u.");
    return request;
  }

  testing::ApiServer server_;
  testing::HttpClient client_;
};

TEST_F(ExportRoutesTest, FederatesTheNewestSampleOfEachSeries) {
  const ClientResponse response =
      client_.Get("/federate?match[]=up&match[]={__name__=~\"up|down|gone|old\"}");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.body,
            "# TYPE down untyped\n"
            "down{instance=\"\"} NaN 1700000000000\n"
            "# TYPE up untyped\n"
            "up{instance=\"a\"} 1e-09 1699999999000\n"
            "up{instance=\"b\"} 1 1699999999000\n");
}

TEST_F(ExportRoutesTest, FederatesNamesAsTheClientCanReadThem) {
  constexpr std::string_view kTarget = "/federate?match[]={\"my.metric\"}";
  EXPECT_EQ(client_.Get(kTarget).body,
            "# TYPE my_metric untyped\n"
            "my_metric{a_b=\"say \\\"x\\\"\\n\\\\\",instance=\"\"} 2 1700000000000\n");
  EXPECT_EQ(
      client_.Get(kTarget, "Accept: text/plain; version=1.0.0; escaping=allow-utf-8\r\n").body,
      "# TYPE \"my.metric\" untyped\n"
      "{\"my.metric\",\"a-b\"=\"say \\\"x\\\"\\n\\\\\",instance=\"\"} 2 1700000000000\n");
}

TEST_F(ExportRoutesTest, RefusesBadSelectorsInPlainText) {
  const ClientResponse response = client_.Get("/federate?match[]={a=\"\"}");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body,
            "invalid parameter \"match[]\": match[] must contain at least one non-empty matcher\n");
  EXPECT_EQ(client_.Get("/federate").body, "");
}

TEST_F(ExportRoutesTest, ReadsSamplesInOrderOfLabels) {
  const ClientResponse response = Read(QueryUp());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("content-encoding"), "snappy");
  std::string bytes;
  ASSERT_TRUE(snappy::Uncompress(response.body.data(), response.body.size(), &bytes));
  prometheus::ReadResponse answer;
  ASSERT_TRUE(answer.ParseFromString(bytes));
  ASSERT_EQ(answer.results_size(), 1);
  ASSERT_EQ(answer.results(0).timeseries_size(), 2);
  const prometheus::TimeSeries& first = answer.results(0).timeseries(0);
  EXPECT_EQ(first.labels(1).value(), "a");
  ASSERT_EQ(first.samples_size(), 2);
  EXPECT_EQ(first.samples(0).timestamp(), testing::kNowMs - 2000);
  EXPECT_EQ(first.samples(1).value(), 1e-9);
}

TEST_F(ExportRoutesTest, StreamsChunksToThoseWhoPreferThem) {
  prometheus::ReadRequest request = QueryUp();
  request.add_accepted_response_types(prometheus::ReadRequest::STREAMED_XOR_CHUNKS);
  request.add_accepted_response_types(prometheus::ReadRequest::SAMPLES);
  const ClientResponse response = Read(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("content-type"),
            "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse");
  // One byte of length and four of checksum are before each message.
  const auto length = static_cast<size_t>(response.body[0]);
  prometheus::ChunkedReadResponse frame;
  ASSERT_TRUE(frame.ParseFromString(response.body.substr(5, length)));
  ASSERT_EQ(frame.chunked_series_size(), 1);
  EXPECT_EQ(frame.chunked_series(0).labels(1).value(), "a");
  EXPECT_EQ(frame.chunked_series(0).chunks(0).max_time_ms(), testing::kNowMs - 1000);
  EXPECT_GT(response.body.size(), 5 + length);
}

TEST_F(ExportRoutesTest, RefusesWhatIsNoReadRequest) {
  EXPECT_EQ(client_.Post("/api/v1/read", "x", kReadHeaders).status, 400);
  prometheus::ReadRequest request = QueryUp();
  request.mutable_queries(0)->mutable_matchers(0)->set_value("(");
  EXPECT_EQ(Read(request).status, 400);
}

TEST_F(ExportRoutesTest, CountsSeriesByMetricAndLabel) {
  const std::string body = client_.Get("/api/v1/status/tsdb?limit=1").body;
  EXPECT_NE(body.find(R"("numSeries":6,"numLabelPairs":8)"), std::string::npos) << body;
  EXPECT_NE(body.find(R"("seriesCountByMetricName":[{"name":"up","value":2}])"), std::string::npos);
  EXPECT_NE(body.find(R"("labelValueCountByLabelName":[{"name":"__name__","value":5}])"),
            std::string::npos);
  EXPECT_NE(body.find(R"("seriesCountByLabelValuePair":[{"name":"__name__=up","value":2}])"),
            std::string::npos);
  EXPECT_EQ(client_.Get("/api/v1/status/tsdb?limit=0").status, 400);
  EXPECT_EQ(client_.Get("/api/v1/status/tsdb?limit=10001").status, 400);
}

}  // namespace
}  // namespace tidemark::server
