#include "tools/fleetsim/http_client.h"

#include <gtest/gtest.h>

#include "tests/testing/free_port.h"
#include "tests/tools/fleetsim/scripted_server.h"

namespace tidemark::fleetsim {
namespace {

TEST(ParseHttpUrl, TakesItApart) {
  const HttpUrl url = ParseHttpUrl("http://10.0.0.1:9090/api/v1/write?a=b").value();
  EXPECT_EQ(url.host, "10.0.0.1");
  EXPECT_EQ(url.port, "9090");
  EXPECT_EQ(url.target, "/api/v1/write?a=b");
}

TEST(ParseHttpUrl, FillsInPortAndPath) {
  const HttpUrl url = ParseHttpUrl("http://store").value();
  EXPECT_EQ(url.host, "store");
  EXPECT_EQ(url.port, "80");
  EXPECT_EQ(url.target, "/");
}

TEST(ParseHttpUrl, RefusesWhatIsNone) {
  for (const char* text :
       {"", "store:80", "https://store/", "http://", "http://:80/", "http://a:/"}) {
    EXPECT_FALSE(ParseHttpUrl(text).ok()) << text;
  }
}

TEST(HttpClient, PostsBodyAndHeadersAndReadsTheAnswer) {
  ScriptedServer server({{200, "", "thanks"}});
  HttpClient client(ParseHttpUrl(server.url()).value());
  const HttpAnswer answer = client.Post("some bytes", {{"X-Kind", "test"}}).value();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "thanks");
  EXPECT_EQ(answer.retry_after_ms, -1);
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].body, "some bytes");
  EXPECT_EQ(server.requests()[0].headers.at("X-Kind"), "test");
}

TEST(HttpClient, ReadsRetryAfterInSeconds) {
  ScriptedServer server({{503, "2", "busy"}, {503, "Wed, 21 Oct 2026 07:28:00 GMT", "busy"}});
  HttpClient client(ParseHttpUrl(server.url()).value());
  EXPECT_EQ(client.Post("", {}).value().retry_after_ms, 2000);
  EXPECT_EQ(client.Post("", {}).value().retry_after_ms, -1);
}

TEST(HttpClient, SaysWhenNobodyListens) {
  HttpClient client(HttpUrl{"127.0.0.1", std::to_string(testing::FreePort()), "/"});
  EXPECT_EQ(client.Post("", {}).status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace tidemark::fleetsim
