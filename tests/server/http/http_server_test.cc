#include "server/http/http_server.h"

#include <fstream>
#include <future>
#include <list>
#include <thread>

#include "gtest/gtest.h"
#include "tests/server/testing/http_client.h"

namespace tidemark::server {
namespace {

using testing::ClientResponse;
using testing::HttpClient;
using testing::PostRequest;

constexpr size_t kSmallLimit = 1000;
constexpr size_t kLargeLimit = 8u << 20;

HttpResponse Echo(const HttpRequest& request) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = request.body;
  return response;
}

// A handler that a test lets begin and end when it wants.
class Gate {
 public:
  HttpResponse Handle(const HttpRequest& request) {
    entered_.Add();
    open_.get_future().wait();
    cancelled_at_end_ = request.cancelled->load();
    return TextResponse(200, "late");
  }
  // Runs until the client or the server gives up.
  HttpResponse HandleUntilCancelled(const HttpRequest& request) {
    entered_.Add();
    while (!request.cancelled->load()) {
      std::this_thread::yield();
    }
    saw_cancel_.Add();
    return TextResponse(499, "cancelled");
  }
  void Open() { open_.set_value(); }
  void WaitUntilEntered() { WaitFor(entered_); }
  void WaitUntilCancelled() { WaitFor(saw_cancel_); }
  bool cancelled_at_end() const { return cancelled_at_end_; }

 private:
  static void WaitFor(const base::Counter& counter) {
    while (counter.value() == 0) {
      std::this_thread::yield();
    }
  }

  base::Counter entered_;
  base::Counter saw_cancel_;
  std::promise<void> open_;
  std::atomic<bool> cancelled_at_end_{false};
};

class HttpServerTest : public ::testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    auto policy = ResponsePolicy::Create(cors_origin_);
    ASSERT_TRUE(policy.ok());
    auto server =
        HttpServer::Start(options, *std::move(policy), Routes(), {&clock_, &logger_, &metrics_});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  RouteTable Routes() {
    RouteTable routes;
    routes.Add({.path = "/inline",
                .methods = {Method::kGet, Method::kHead},
                .run_on = RunOn::kIoThread,
                .handler = [](const HttpRequest&) { return TextResponse(200, "here"); }});
    routes.Add({.path = "/echo",
                .methods = {Method::kPost},
                .run_on = RunOn::kApiPool,
                .body_limit = kSmallLimit,
                .handler = Echo});
    routes.Add({.path = "/large",
                .methods = {Method::kPost},
                .run_on = RunOn::kApiPool,
                .body_limit = kLargeLimit,
                .handler = Echo});
    routes.Add({.path = "/refused",
                .methods = {Method::kPost},
                .body_limit = kLargeLimit,
                .admission = [](const HttpRequest&) { return TextResponse(503, "busy"); },
                .handler = Echo});
    routes.Add({.path = "/item/{name}/values",
                .methods = {Method::kGet},
                .handler = [](const HttpRequest& r) { return TextResponse(200, r.path_param); }});
    routes.Add({.path = "/target", .methods = {Method::kGet}, .handler = [](const HttpRequest& r) {
                  return TextResponse(200, r.query);
                }});
    routes.Add({.path = "/throws",
                .methods = {Method::kGet},
                .handler = [](const HttpRequest&) -> HttpResponse {
                  throw std::runtime_error("broken");
                }});
    routes.Add({.path = "/gate",
                .methods = {Method::kGet},
                .run_on = RunOn::kQueryPool,
                .handler = [this](const HttpRequest& r) { return gate_.Handle(r); }});
    routes.Add({.path = "/until-cancelled",
                .methods = {Method::kGet},
                .run_on = RunOn::kQueryPool,
                .handler = [this](const HttpRequest& r) { return gate_.HandleUntilCancelled(r); }});
    routes.Add({.path = "/maybe-quick",
                .methods = {Method::kGet},
                .run_on = RunOn::kQueryPool,
                .handler = [](const HttpRequest&) { return TextResponse(200, "from the pool"); },
                .quick_handler = [](const HttpRequest& r) -> std::optional<HttpResponse> {
                  if (r.query == "throw") {
                    throw std::runtime_error("broken");
                  }
                  return r.query == "quick" ? std::optional(TextResponse(200, "at once"))
                                            : std::nullopt;
                }});
    routes.Add({.path = "/bytes", .methods = {Method::kGet}, .handler = [](const HttpRequest& r) {
                  HttpResponse response;
                  response.content_type = "text/plain";
                  response.body.assign(std::stoul(std::string(r.query)), 'x');
                  return response;
                }});
    routes.Add({.path = "/async",
                .methods = {Method::kPost},
                .body_limit = kLargeLimit,
                .async_handler = [this](const HttpRequest& request, Responder responder) {
                  const std::string body(request.body);
                  acknowledgers_.emplace_back(
                      [body, r = std::move(responder)]() mutable { r(TextResponse(200, body)); });
                }});
    routes.Add({.path = "/dropped",
                .methods = {Method::kGet},
                .async_handler = [](const HttpRequest&, Responder) {}});
    routes.Add({.path = "/never",
                .methods = {Method::kGet},
                .async_handler = [this](const HttpRequest&, Responder responder) {
                  kept_.emplace_back(std::move(responder));
                  entered_never_.Add();
                }});
    return routes;
  }

  void TearDown() override {
    if (server_ != nullptr) {
      server_->Stop(0);
    }
    for (std::thread& thread : acknowledgers_) {
      thread.join();
    }
  }

  uint16_t port() const { return server_->port(); }

  std::string cors_origin_ = ".*";
  base::SystemClock clock_;
  base::Logger logger_{stderr, base::LogLevel::kError};
  base::MetricsRegistry metrics_;
  Gate gate_;
  std::list<std::thread> acknowledgers_;
  std::list<Responder> kept_;
  base::Counter entered_never_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, AnswersManyRequestsOnOneConnection) {
  Start();
  HttpClient client(port());
  for (int i = 0; i < 100; ++i) {
    const ClientResponse response = client.Post("/echo", std::to_string(i));
    ASSERT_EQ(response.status, 200);
    ASSERT_EQ(response.body, std::to_string(i));
  }
  EXPECT_FALSE(client.Get("/inline").Header("date").empty());
}

TEST_F(HttpServerTest, AsksThePoolWhereThereIsNoQuickAnswer) {
  Start();
  HttpClient client(port());
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Get("/maybe-quick?quick").body, "at once\n");
    EXPECT_EQ(client.Get("/maybe-quick?slow").body, "from the pool\n");
    EXPECT_EQ(client.Get("/maybe-quick?throw").status, 500);
  }
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsksForIt) {
  Start();
  HttpClient client(port());
  const ClientResponse response = client.Get("/inline", "Connection: close\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.Header("connection"), "close");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  HttpClient client(port());
  std::string requests;
  for (int i = 0; i < 20; ++i) {
    requests += PostRequest("/echo", std::to_string(i));
    requests += "GET /inline HTTP/1.1\r\nHost: test\r\n\r\n";
  }
  client.Send(requests);
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client.Read()->body, std::to_string(i));
    EXPECT_EQ(client.Read()->body, "here\n");
  }
}

TEST_F(HttpServerTest, PutsTogetherARequestThatComesInPieces) {
  Start();
  HttpClient client(port());
  const std::string request = PostRequest("/echo", "split over many packets");
  for (const char c : request) {
    client.Send(std::string_view(&c, 1));
  }
  EXPECT_EQ(client.Read()->body, "split over many packets");
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  Start();
  HttpClient client(port());
  const ClientResponse response = client.Ask(
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "abcdefg");
}

TEST_F(HttpServerTest, CutsChunkedBodiesAtTheLimit) {
  Start();
  HttpClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "190\r\n" + std::string(400, 'x') + "\r\n";
  client.Send(chunk + chunk + chunk);
  EXPECT_EQ(client.Read()->status, 413);
}

TEST_F(HttpServerTest, RefusesAnOversizedBodyBeforeReadingIt) {
  Start();
  HttpClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 200000000\r\n\r\n");
  const auto response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(response->body, "the body is larger than the limit of 1000 bytes\n");
  EXPECT_EQ(response->Header("connection"), "close");
}

size_t ResidentBytes() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages >> pages;
  return pages * 4096;
}

TEST_F(HttpServerTest, TakesNoMemoryForABodyThatIsTooLarge) {
  Start();
  HttpClient client(port());
  const size_t before = ResidentBytes();
  client.Send("POST /large HTTP/1.1\r\nHost: t\r\nContent-Length: 200000000\r\n\r\n");
  const std::string piece(1u << 20, 'x');
  for (int i = 0; i < 200 && client.TrySend(piece); ++i) {
  }
  EXPECT_EQ(client.Read()->status, 413);
  EXPECT_LT(ResidentBytes(), before + (32u << 20));
}

TEST_F(HttpServerTest, KeepsTheConnectionAfterRefusingAShortBody) {
  Start();
  HttpClient client(port());
  for (const std::string_view path : {"/nowhere", "/refused", "/inline", "/echo"}) {
    const int expected = path == "/nowhere"   ? 404
                         : path == "/refused" ? 503
                         : path == "/inline"  ? 405
                                              : 413;
    EXPECT_EQ(client.Post(path, std::string(5000, 'x')).status, expected) << path;
  }
  EXPECT_EQ(client.Post("/echo", "still here").body, "still here");
}

TEST_F(HttpServerTest, HoldsOnlySoManyBytesOfBodies) {
  Start({.max_body_bytes_held = 2000});
  HttpClient client(port());
  const ClientResponse refused = client.Post("/large", std::string(2001, 'x'));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.Header("retry-after"), "1");
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(client.Post("/large", std::string(2000, 'x')).status, 200);
  }
}

TEST_F(HttpServerTest, SendsContinueBeforeItReadsAnAcceptedBody) {
  Start();
  HttpClient client(port());
  client.Send(
      "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 100);
  client.Send("hello");
  EXPECT_EQ(client.Read()->body, "hello");
}

TEST_F(HttpServerTest, RefusesInsteadOfSendingContinue) {
  Start();
  HttpClient client(port());
  client.Send(
      "POST /refused HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 503);
}

TEST_F(HttpServerTest, RefusesAHeaderThatIsTooLarge) {
  Start();
  HttpClient client(port());
  client.TrySend("GET /inline HTTP/1.1\r\nX-Long: " + std::string(70 << 10, 'x') + "\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 431);
}

TEST_F(HttpServerTest, RefusesWhatIsNotHttp) {
  Start();
  HttpClient client(port());
  client.Send("\x16\x03\x01 this is not HTTP\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 400);
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, RefusesABrokenChunk) {
  Start();
  HttpClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
  EXPECT_EQ(client.Read()->status, 400);
}

TEST_F(HttpServerTest, AnswersUnknownPathsAndWrongMethods) {
  Start();
  HttpClient client(port());
  const ClientResponse missing = client.Get("/nowhere");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.Header("content-type"), "text/plain; charset=utf-8");
  const ClientResponse wrong = client.Ask("DELETE /inline HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.Header("allow"), "GET, HEAD");
  EXPECT_EQ(client.Ask("OPTIONS /nowhere HTTP/1.1\r\nHost: t\r\n\r\n").status, 204);
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  Start();
  HttpClient client(port());
  client.Send("HEAD /inline HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto head = client.Read(/*has_body=*/false);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->Header("content-length"), "5");
  EXPECT_EQ(client.Get("/inline").body, "here\n");
}

TEST_F(HttpServerTest, GivesHandlersPathParametersAndQueries) {
  Start();
  HttpClient client(port());
  EXPECT_EQ(client.Get("/item/a%2Fb/values").body, "a%2Fb\n");
  EXPECT_EQ(client.Get("/item/a/b/values").status, 404);
  EXPECT_EQ(client.Get("/item//values").status, 404);
  EXPECT_EQ(client.Get("/target?a=1&b=2").body, "a=1&b=2\n");
  EXPECT_EQ(client.Get("http://proxy.example/target?q").body, "q\n");
}

TEST_F(HttpServerTest, AnswersInternalErrorWhenAHandlerThrows) {
  Start();
  HttpClient client(port());
  EXPECT_EQ(client.Get("/throws").status, 500);
  EXPECT_EQ(client.Get("/inline").status, 200);
}

TEST_F(HttpServerTest, AnswersFromAnotherThreadOnTheSameConnection) {
  Start({.io_threads = 2});
  HttpClient client(port());
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(client.Post("/async", std::to_string(i)).body, std::to_string(i) + "\n");
  }
}

TEST_F(HttpServerTest, AnswersInternalErrorWhenAResponderIsDropped) {
  Start();
  HttpClient client(port());
  EXPECT_EQ(client.Get("/dropped").status, 500);
}

TEST_F(HttpServerTest, CompressesLargeAnswersForThoseWhoAccept) {
  Start();
  HttpClient client(port());
  const ClientResponse packed = client.Get("/bytes?5000", "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(packed.Header("content-encoding"), "gzip");
  EXPECT_LT(packed.body.size(), 200u);
  EXPECT_EQ(client.Get("/bytes?5000").body, std::string(5000, 'x'));
  EXPECT_EQ(client.Get("/bytes?100", "Accept-Encoding: gzip\r\n").body, std::string(100, 'x'));
}

TEST_F(HttpServerTest, SendsAnAnswerLargerThanTheSocketHolds) {
  Start();
  HttpClient client(port());
  EXPECT_EQ(client.Get("/bytes?30000000").body.size(), 30'000'000u);
}

TEST_F(HttpServerTest, AddsCorsHeadersToEveryAnswer) {
  Start();
  HttpClient client(port());
  const ClientResponse answer = client.Get("/inline", "Origin: https://grafana.example\r\n");
  EXPECT_EQ(answer.Header("access-control-allow-origin"), "*");
  EXPECT_EQ(answer.Header("access-control-allow-methods"), "GET, POST, OPTIONS");
  EXPECT_EQ(answer.Header("access-control-expose-headers"), "Date");
  EXPECT_EQ(client.Get("/inline").Header("access-control-allow-origin"), "");
  EXPECT_EQ(client.Get("/nowhere", "Origin: x\r\n").Header("access-control-allow-origin"), "*");
}

TEST_F(HttpServerTest, NamesOnlyOriginsThatMatchTheConfiguredPattern) {
  cors_origin_ = "https://(a|b)\\.example";
  Start();
  HttpClient client(port());
  const ClientResponse allowed = client.Get("/inline", "Origin: https://a.example\r\n");
  EXPECT_EQ(allowed.Header("access-control-allow-origin"), "https://a.example");
  const ClientResponse other = client.Get("/inline", "Origin: https://a.example.evil\r\n");
  EXPECT_EQ(other.Header("access-control-allow-origin"), "");
}

TEST_F(HttpServerTest, DoesNotLetSlowHandlersBlockOthers) {
  Start({.io_threads = 1, .api_threads = 1, .query_threads = 1});
  HttpClient slow(port());
  slow.Send("GET /gate HTTP/1.1\r\nHost: t\r\n\r\n");
  gate_.WaitUntilEntered();
  HttpClient quick(port());
  EXPECT_EQ(quick.Get("/inline").status, 200);
  EXPECT_EQ(quick.Post("/echo", "x").status, 200);
  gate_.Open();
  EXPECT_EQ(slow.Read()->body, "late\n");
  EXPECT_FALSE(gate_.cancelled_at_end());
}

TEST_F(HttpServerTest, DoesNotTakeAPipelinedRequestForADisconnect) {
  Start();
  HttpClient client(port());
  client.Send("GET /gate HTTP/1.1\r\nHost: t\r\n\r\n");
  gate_.WaitUntilEntered();
  client.Send("GET /inline HTTP/1.1\r\nHost: t\r\n\r\n");
  HttpClient other(port());
  EXPECT_EQ(other.Get("/inline").status, 200);
  gate_.Open();
  EXPECT_EQ(client.Read()->body, "late\n");
  EXPECT_EQ(client.Read()->body, "here\n");
  EXPECT_FALSE(gate_.cancelled_at_end());
}

TEST_F(HttpServerTest, CancelsTheHandlerWhenTheClientGoes) {
  Start();
  HttpClient client(port());
  client.Send("GET /until-cancelled HTTP/1.1\r\nHost: t\r\n\r\n");
  gate_.WaitUntilEntered();
  client.Close();
  gate_.WaitUntilCancelled();
}

TEST_F(HttpServerTest, TurnsAwayConnectionsAboveTheLimit) {
  Start({.max_connections = 2});
  auto first = std::make_unique<HttpClient>(port());
  HttpClient second(port());
  EXPECT_EQ(first->Get("/inline").status, 200);
  EXPECT_EQ(second.Get("/inline").status, 200);
  HttpClient third(port());
  const auto refused = third.Read();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->body, "too many connections\n");
}

TEST_F(HttpServerTest, ClosesConnectionsThatStayIdle) {
  Start({.read_timeout_ms = 20});
  HttpClient client(port());
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, StopClosesIdleConnectionsAndAcceptsNoMore) {
  Start();
  HttpClient idle(port());
  EXPECT_EQ(idle.Get("/inline").status, 200);
  server_->Stop(60'000);
  EXPECT_TRUE(idle.AtEnd());
}

TEST_F(HttpServerTest, StopLetsARequestUnderWayFinish) {
  Start();
  HttpClient client(port());
  client.Send("GET /gate HTTP/1.1\r\nHost: t\r\n\r\n");
  gate_.WaitUntilEntered();
  std::thread stopper([this] { server_->Stop(60'000); });
  gate_.Open();
  const auto response = client.Read();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->body, "late\n");
  EXPECT_TRUE(client.AtEnd());
  stopper.join();
  EXPECT_FALSE(gate_.cancelled_at_end());
}

TEST_F(HttpServerTest, StopCancelsWhatDoesNotFinishInTime) {
  Start();
  HttpClient client(port());
  client.Send("GET /until-cancelled HTTP/1.1\r\nHost: t\r\n\r\n");
  gate_.WaitUntilEntered();
  server_->Stop(0);
  gate_.WaitUntilCancelled();
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, DropsAnAnswerThatComesAfterTheEnd) {
  Start();
  HttpClient client(port());
  client.Send("GET /never HTTP/1.1\r\nHost: t\r\n\r\n");
  while (entered_never_.value() == 0) {
    std::this_thread::yield();
  }
  server_->Stop(0);
  kept_.front()(TextResponse(200, "too late"));
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(HttpServerTest, ServesManyConnectionsOverAllThreads) {
  Start({.io_threads = 3});
  std::vector<std::thread> clients;
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([this, c] {
      HttpClient client(port());
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(c * 1000 + i);
        EXPECT_EQ(client.Post("/echo", body).body, body);
      }
    });
  }
  for (std::thread& client : clients) {
    client.join();
  }
}

TEST_F(HttpServerTest, CountsRequestsByRouteAndClass) {
  Start();
  HttpClient client(port());
  client.Get("/inline");
  client.Get("/nowhere");
  client.Get("/inline", "Connection: close\r\n");
  EXPECT_TRUE(client.AtEnd());
  const std::string text = metrics_.Expose();
  EXPECT_NE(text.find(R"(tidemark_http_requests_total{handler="/inline",code="2xx"} 2)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(tidemark_http_requests_total{handler="unknown",code="4xx"} 1)"),
            std::string::npos);
}

TEST(HttpServer, SaysWhyItCannotListen) {
  const base::SystemClock clock;
  base::Logger logger;
  base::MetricsRegistry metrics;
  for (const std::string_view address : {"127.0.0.1", "127.0.0.1:x", "127.0.0.1:70000"}) {
    const auto server =
        HttpServer::Start({.listen_address = std::string(address)}, *ResponsePolicy::Create(".*"),
                          RouteTable(), {&clock, &logger, &metrics});
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << address;
  }
  auto first = HttpServer::Start({}, *ResponsePolicy::Create(".*"), RouteTable(),
                                 {&clock, &logger, &metrics});
  ASSERT_TRUE(first.ok());
  const auto second =
      HttpServer::Start({.listen_address = (*first)->address()}, *ResponsePolicy::Create(".*"),
                        RouteTable(), {&clock, &logger, &metrics});
  EXPECT_EQ(second.status().message(),
            "listen on " + (*first)->address() + ": Address already in use");
}

}  // namespace
}  // namespace tidemark::server
