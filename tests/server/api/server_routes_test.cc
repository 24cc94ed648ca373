// Remote write, status and lifecycle: the routes that do not query.

#include "gtest/gtest.h"
#include "tests/server/testing/api_server.h"
#include "tests/server/testing/http_client.h"

namespace tidemark::server {
namespace {

using testing::ApiServer;
using testing::ApiServerOptions;
using testing::ClientResponse;
using testing::HttpClient;

constexpr std::string_view kWriteHeaders =
    "Content-Type: application/x-protobuf\r\nContent-Encoding: snappy\r\n"
    "X-Prometheus-Remote-Write-Version: 0.1.0\r\n";

class ServerRoutesTest : public ::testing::Test {
 protected:
  void Start(const ApiServerOptions& options = {}) {
    server_ = std::make_unique<ApiServer>(options);
    client_ = std::make_unique<HttpClient>(server_->port());
  }
  void StartReady(const ApiServerOptions& options = {}) {
    Start(options);
    server_->SetReady();
  }
  ClientResponse Write(std::string_view body, std::string_view headers = kWriteHeaders) {
    return client_->Post("/api/v1/write", body, headers);
  }

  std::unique_ptr<ApiServer> server_;
  std::unique_ptr<HttpClient> client_;
};

TEST_F(ServerRoutesTest, AcknowledgesWhatIsStored) {
  StartReady();
  for (int i = 0; i < 3; ++i) {
    const ClientResponse response = Write(std::string(100'000, static_cast<char>('a' + i)));
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.body, "");
    EXPECT_EQ(response.Header("content-length"), "");
  }
  ASSERT_EQ(server_->sink().bodies().size(), 3u);
  EXPECT_EQ(server_->sink().bodies()[2], std::string(100'000, 'c'));
}

TEST_F(ServerRoutesTest, TakesEveryNameOfTheFirstProtocol) {
  StartReady();
  for (const std::string_view headers :
       {"", "Content-Type: application/x-protobuf\r\n", "Content-Encoding: snappy\r\n",
        "Content-Type: application/x-protobuf; proto=prometheus.WriteRequest\r\n",
        "Content-Type: application/x-protobuf;proto=prometheus.WriteRequest;x=y\r\n"}) {
    EXPECT_EQ(Write("x", headers).status, 204) << headers;
  }
}

TEST_F(ServerRoutesTest, RefusesOtherTypesAndEncodings) {
  StartReady();
  for (const std::string_view headers :
       {"Content-Type: application/json\r\n", "Content-Type: image/png\r\n",
        "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request\r\n",
        "Content-Type: application/x-protobuf; proto=what.Ever\r\n", "Content-Encoding: gzip\r\n",
        "Content-Encoding: zstd\r\n"}) {
    EXPECT_EQ(Write("x", headers).status, 415) << headers;
  }
  EXPECT_TRUE(server_->sink().bodies().empty());
}

TEST_F(ServerRoutesTest, MapsTheSinksAnswers) {
  const std::pair<absl::Status, int> cases[] = {
      {absl::InvalidArgumentError("too old"), 400},
      {absl::UnavailableError("busy"), 503},
      {absl::ResourceExhaustedError("no space left"), 503},
      {absl::InternalError("broken"), 500},
      {absl::DataLossError("broken"), 500},
  };
  StartReady();
  for (const auto& [status, code] : cases) {
    server_->sink().result = status;
    const ClientResponse response = Write("x");
    EXPECT_EQ(response.status, code) << status;
    EXPECT_EQ(response.body, std::string(status.message()) + "\n");
    EXPECT_EQ(response.Header("retry-after"), code == 503 ? "1" : "");
  }
}

TEST_F(ServerRoutesTest, AsksForAdmissionBeforeTheBodyIsRead) {
  StartReady();
  server_->sink().admit = absl::UnavailableError("too much is waiting");
  client_->Send("POST /api/v1/write HTTP/1.1\r\nHost: t\r\nContent-Length: 20000000\r\n\r\n");
  const auto response = client_->Read();
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->Header("retry-after"), "1");
  EXPECT_TRUE(server_->sink().bodies().empty());
}

TEST_F(ServerRoutesTest, BoundsTheSizeOfAWrite) {
  StartReady({.write = {.max_request_bytes = 1000}});
  EXPECT_EQ(Write(std::string(1001, 'x')).status, 413);
  EXPECT_EQ(Write(std::string(1000, 'x')).status, 204);
}

TEST_F(ServerRoutesTest, RefusesWritesWhenTheyAreOff) {
  StartReady({.write = {.enabled = false}});
  const ClientResponse response = Write("x");
  EXPECT_EQ(response.status, 404);
  EXPECT_NE(response.body.find("--web.enable-remote-write-receiver"), std::string::npos);
}

TEST_F(ServerRoutesTest, TakesOnlyPostsAsWrites) {
  StartReady();
  EXPECT_EQ(client_->Get("/api/v1/write").status, 405);
}

TEST_F(ServerRoutesTest, AnswersUnavailableUntilReady) {
  Start();
  for (const std::string_view path :
       {"/api/v1/query?query=1", "/api/v1/labels", "/api/v1/status/buildinfo", "/-/ready"}) {
    const ClientResponse response = client_->Get(path);
    EXPECT_EQ(response.status, 503) << path;
    EXPECT_EQ(response.body, "Service Unavailable\n");
    EXPECT_EQ(response.Header("x-prometheus-stopping"), "false");
  }
  EXPECT_EQ(Write("x").status, 503);
  EXPECT_EQ(client_->Get("/-/healthy").status, 200);
  EXPECT_EQ(client_->Get("/metrics").status, 200);
  server_->SetReady();
  EXPECT_EQ(client_->Get("/-/ready").body, "Tidemark is Ready.\n");
  EXPECT_EQ(client_->Get("/api/v1/labels").status, 200);
}

TEST_F(ServerRoutesTest, AnswersUnavailableWhileStopping) {
  StartReady();
  server_->slot().SetStopping();
  const ClientResponse response = client_->Get("/-/ready");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.Header("x-prometheus-stopping"), "true");
  EXPECT_EQ(client_->Get("/-/healthy").body, "Tidemark is Healthy.\n");
}

TEST_F(ServerRoutesTest, LooksLikeAPrometheusToGrafana) {
  StartReady();
  const std::string body = client_->Get("/api/v1/status/buildinfo").body;
  EXPECT_NE(body.find(R"("version":"3.0.0")"), std::string::npos) << body;
  EXPECT_EQ(body.find("features"), std::string::npos);
  EXPECT_EQ(client_->Get("/version").status, 200);
  EXPECT_EQ(client_->Get("/api/v1/rules").body, R"({"status":"success","data":{"groups":[]}})");
}

TEST_F(ServerRoutesTest, ShowsFlagsConfigurationAndRuntime) {
  StartReady();
  server_->config = {.yaml = "limits:\n  a: \"1\"\n", .last_reload_ok = false};
  EXPECT_EQ(
      client_->Get("/api/v1/status/flags").body,
      R"({"status":"success","data":{"storage.path":"data","web.enable-lifecycle":"false"}})");
  EXPECT_EQ(client_->Get("/api/v1/status/config").body,
            R"({"status":"success","data":{"yaml":"limits:\n  a: \"1\"\n"}})");
  const std::string runtime = client_->Get("/api/v1/status/runtimeinfo").body;
  for (const std::string_view part :
       {R"("startTime":"2023-11-14T22:13:19Z")", R"("serverTime":"2023-11-14T22:13:20Z")",
        R"("reloadConfigSuccess":false)", R"("storageRetention":"15d")"}) {
    EXPECT_NE(runtime.find(part), std::string::npos) << runtime;
  }
}

TEST_F(ServerRoutesTest, ExposesItsOwnMetrics) {
  StartReady();
  client_->Get("/-/healthy");
  const ClientResponse response = client_->Get("/metrics");
  EXPECT_EQ(response.Header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_NE(response.body.find("# TYPE tidemark_http_requests_total counter"), std::string::npos);
}

TEST_F(ServerRoutesTest, KeepsTheLifecycleToItselfUnlessEnabled) {
  StartReady();
  for (const std::string_view path : {"/-/reload", "/-/quit"}) {
    const ClientResponse response = client_->Post(path, "");
    EXPECT_EQ(response.status, 403);
    EXPECT_EQ(response.body, "Lifecycle API is not enabled.\n");
    EXPECT_EQ(client_->Get(path).status, 405);
  }
  EXPECT_EQ(server_->quits.value(), 0u);
}

TEST_F(ServerRoutesTest, ReloadsAndQuitsWhenEnabled) {
  StartReady({.lifecycle = true});
  EXPECT_EQ(client_->Post("/-/reload", "").status, 200);
  EXPECT_EQ(server_->reloads.value(), 1u);
  server_->reload_result = absl::InvalidArgumentError("line 1: unknown key x");
  const ClientResponse failed = client_->Post("/-/reload", "");
  EXPECT_EQ(failed.status, 500);
  EXPECT_NE(failed.body.find("line 1: unknown key x"), std::string::npos);
  EXPECT_EQ(client_->Post("/-/quit", "").body, "Requesting termination... Goodbye!\n");
  EXPECT_EQ(server_->quits.value(), 1u);
}

}  // namespace
}  // namespace tidemark::server
