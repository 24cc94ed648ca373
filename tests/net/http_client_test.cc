#include "net/http_client.h"

#include <fstream>
#include <thread>

#include <gtest/gtest.h>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "tests/testing/free_port.h"
#include "tests/testing/http_receiver.h"
#include "tests/testing/temp_dir.h"

namespace tidemark::net {
namespace {

using testing::HttpReceiver;
using testing::ReceivedRequest;
using testing::Reply;

HttpClient ClientOf(const HttpReceiver& receiver, HttpClientOptions options = {},
                    std::string_view scheme = "http") {
  return HttpClient(*ParseUrl(fmt::format("{}://localhost:{}/a/b", scheme, receiver.port())),
                    std::move(options));
}

TEST(HttpClient, PostsOverOneConnection) {
  const HttpReceiver receiver([](const ReceivedRequest&) { return Reply{202, "fine"}; });
  HttpClient client = ClientOf(receiver);
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Post("text/plain", fmt::format("body {}", i));
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->status, 202);
    EXPECT_EQ(answer->body, "fine");
  }
  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[2].method, "POST");
  EXPECT_EQ(requests[2].target, "/a/b");
  EXPECT_EQ(requests[2].body, "body 2");
  EXPECT_EQ(requests[2].Header("Content-Type"), "text/plain");
  EXPECT_EQ(requests[2].Header("Host"), fmt::format("localhost:{}", receiver.port()));
  EXPECT_EQ(receiver.connections(), 1);
}

TEST(HttpClient, GetsWithoutABody) {
  const HttpReceiver receiver([](const ReceivedRequest&) { return Reply{200, "fine"}; });
  HttpClient client = ClientOf(receiver);
  const auto answer = client.Get();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "fine");
  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 1u);
  EXPECT_EQ(requests[0].method, "GET");
  EXPECT_EQ(requests[0].target, "/a/b");
  EXPECT_EQ(requests[0].body, "");
  EXPECT_EQ(requests[0].Header("Content-Type"), "");
}

TEST(HttpClient, ConnectsAgainWhenTheServerHasClosed) {
  const HttpReceiver receiver([](const ReceivedRequest&) { return Reply{200, "", true}; });
  HttpClient client = ClientOf(receiver);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Post("text/plain", "x").ok());
  }
  EXPECT_EQ(receiver.connections(), 3);
}

TEST(HttpClient, SendsBasicAuthenticationAndHeaders) {
  const HttpReceiver receiver;
  HttpClientOptions options;
  options.username = "me";
  options.password = "secret";
  options.headers = {{"X-Scope", "a"}};
  ASSERT_TRUE(ClientOf(receiver, options).Post("text/plain", "").ok());
  EXPECT_EQ(receiver.requests()[0].Header("Authorization"), "Basic bWU6c2VjcmV0");
  EXPECT_EQ(receiver.requests()[0].Header("X-Scope"), "a");
}

TEST(HttpClient, ReadsCredentialsFromTheirFileEachTime) {
  const testing::TempDir dir;
  const HttpReceiver receiver;
  HttpClientOptions options;
  options.credentials_file = dir.File("token");
  HttpClient client = ClientOf(receiver, options);
  EXPECT_FALSE(client.Post("text/plain", "").ok());
  std::ofstream(dir.File("token")) << "one\n";
  ASSERT_TRUE(client.Post("text/plain", "").ok());
  std::ofstream(dir.File("token")) << "two";
  ASSERT_TRUE(client.Post("text/plain", "").ok());
  EXPECT_EQ(receiver.requests()[0].Header("Authorization"), "Bearer one");
  EXPECT_EQ(receiver.requests()[1].Header("Authorization"), "Bearer two");
}

TEST(HttpClient, SpeaksTlsToServersItTrusts) {
  const testing::TempDir dir;
  const testing::SelfSigned files = testing::MakeSelfSigned(dir.path());
  const HttpReceiver receiver(nullptr, files);
  HttpClientOptions options;
  options.tls.ca_file = files.cert_file;
  HttpClient client = ClientOf(receiver, options, "https");
  for (int i = 0; i < 2; ++i) {
    const auto answer = client.Post("text/plain", "x");
    ASSERT_TRUE(answer.ok()) << answer.status();
  }
  EXPECT_EQ(receiver.connections(), 1);
}

TEST(HttpClient, RefusesServersItDoesNotTrust) {
  const testing::TempDir dir;
  const testing::SelfSigned files = testing::MakeSelfSigned(dir.path());
  const HttpReceiver receiver(nullptr, files);
  const auto unknown = ClientOf(receiver, {}, "https").Post("text/plain", "x");
  EXPECT_FALSE(unknown.ok());
  HttpClientOptions other_name;
  other_name.tls.ca_file = files.cert_file;
  other_name.tls.server_name = "elsewhere.example.org";
  EXPECT_FALSE(ClientOf(receiver, other_name, "https").Post("text/plain", "x").ok());
  other_name.tls.insecure_skip_verify = true;
  EXPECT_TRUE(ClientOf(receiver, other_name, "https").Post("text/plain", "x").ok());
  EXPECT_EQ(receiver.requests().size(), 1u);
}

TEST(HttpClient, SaysThatNobodyListens) {
  HttpClient client(*ParseUrl(fmt::format("http://127.0.0.1:{}/", testing::FreePort())), {});
  const auto answer = client.Post("text/plain", "x");
  ASSERT_TRUE(absl::IsUnavailable(answer.status())) << answer.status();
  EXPECT_NE(base::Message(answer.status()).find("Connection refused"), std::string_view::npos);
}

TEST(HttpClient, GivesUpOnASilentServer) {
  const HttpReceiver receiver([](const ReceivedRequest&) { return Reply{200, "", false, true}; });
  HttpClientOptions options;
  options.timeout_ms = 50;
  const auto answer = ClientOf(receiver, options).Post("text/plain", "x");
  EXPECT_TRUE(absl::IsDeadlineExceeded(answer.status())) << answer.status();
}

TEST(HttpClient, EndsARequestThatIsCancelled) {
  const HttpReceiver receiver([](const ReceivedRequest&) { return Reply{200, "", false, true}; });
  HttpClient client = ClientOf(receiver);
  absl::Status status;
  std::thread poster([&] { status = client.Post("text/plain", "x").status(); });
  ASSERT_TRUE(receiver.WaitForRequests(1));
  client.Cancel();
  poster.join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_TRUE(absl::IsCancelled(client.Post("text/plain", "x").status()));
}

TEST(HttpClient, BoundsTheAnswer) {
  const HttpReceiver receiver([](const ReceivedRequest&) {
    return Reply{200, std::string(2000, 'x')};
  });
  HttpClientOptions options;
  options.max_answer_bytes = 1000;
  EXPECT_FALSE(ClientOf(receiver, options).Post("text/plain", "x").ok());
}

}  // namespace
}  // namespace tidemark::net
