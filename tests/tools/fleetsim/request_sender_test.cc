#include "tools/fleetsim/request_sender.h"

#include <gtest/gtest.h>

#include "tests/tools/fleetsim/scripted_server.h"

namespace tidemark::fleetsim {
namespace {

// A sender with all that it needs.
struct Bench {
  explicit Bench(std::vector<ScriptedServer::Answer> answers)
      : server(std::move(answers)),
        sender(ParseHttpUrl(server.url()).value(), 5'000, 0, &stop, &counters) {}

  ScriptedServer server;
  StopToken stop;
  SendCounters counters;
  RequestSender sender;
};

TEST(RequestSender, SendsTheHeadersOfRemoteWrite) {
  Bench bench({{204, "", ""}});
  EXPECT_TRUE(bench.sender.Send("body", 3).ok());
  const auto requests = bench.server.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].body, "body");
  EXPECT_EQ(requests[0].headers.at("Content-Encoding"), "snappy");
  EXPECT_EQ(requests[0].headers.at("Content-Type"), "application/x-protobuf");
  EXPECT_EQ(requests[0].headers.at("X-Prometheus-Remote-Write-Version"), "0.1.0");
  EXPECT_FALSE(requests[0].headers.contains("Retry-Attempt"));
  EXPECT_EQ(bench.counters.samples, 3);
  EXPECT_EQ(bench.counters.bytes, 4);
  EXPECT_EQ(bench.sender.latencies_us().size(), 1u);
}

TEST(RequestSender, RepeatsTheSameBodyAfterServerErrors) {
  Bench bench({{500, "", "oops"}, {503, "0", "busy"}, {204, "", ""}});
  EXPECT_TRUE(bench.sender.Send("body", 3).ok());
  const auto requests = bench.server.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[2].body, "body");
  EXPECT_EQ(requests[1].headers.at("Retry-Attempt"), "1");
  EXPECT_EQ(requests[2].headers.at("Retry-Attempt"), "2");
  EXPECT_EQ(bench.counters.requests, 1);
  EXPECT_EQ(bench.counters.failures, 2);
}

TEST(RequestSender, StopsAtAClientErrorWithTheServersWords) {
  Bench bench({{400, "", "out of order sample"}});
  const absl::Status status = bench.sender.Send("body", 3);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.ToString().find("400: out of order sample"), std::string::npos);
  EXPECT_EQ(bench.server.requests().size(), 1u);
  EXPECT_EQ(bench.counters.samples, 0);
  EXPECT_EQ(bench.counters.failures, 1);
}

TEST(RequestSender, GivesUpWhenStopped) {
  Bench bench({});
  bench.stop.Stop();
  EXPECT_EQ(bench.sender.Send("body", 3).code(), absl::StatusCode::kCancelled);
  EXPECT_TRUE(bench.server.requests().empty());
}

}  // namespace
}  // namespace tidemark::fleetsim
