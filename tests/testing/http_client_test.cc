#include "tests/testing/http_client.h"

#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "gtest/gtest.h"
#include "tests/testing/free_port.h"

namespace tidemark::testing {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

// Takes one connection after the other; for each of them reads the head of a request and sends the
// next answer of a list, then closes.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers)
      : acceptor_(io_, {asio::ip::address_v4::loopback(), 0}),
        thread_([this, answers = std::move(answers)] { Serve(answers); }) {}
  ~ScriptedServer() { thread_.join(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  void Serve(const std::vector<std::string>& answers) {
    for (const std::string& answer : answers) {
      boost::system::error_code ignored;
      tcp::socket socket = acceptor_.accept();
      asio::streambuf head;
      asio::read_until(socket, head, "\r\n\r\n", ignored);
      asio::write(socket, asio::buffer(answer), ignored);
    }
  }

  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

TEST(FormEncode, EscapesAllButUnreservedCharacters) {
  EXPECT_EQ(FormEncode({{"query", "a{b=~\"c d+\"}"}, {"t", "1.5"}}),
            "query=a%7Bb%3D~%22c%20d%2B%22%7D&t=1.5");
}

TEST(HttpClient, ReadsStatusHeadersAndBody) {
  ScriptedServer server({"HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 2\r\n\r\nno"});
  HttpClient http(server.port());
  const auto response = http.Get("/x", {{"a", "b"}});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(response->Header("retry-after"), "7");
  EXPECT_EQ(response->Header("absent"), "");
  EXPECT_EQ(response->body, "no");
}

TEST(HttpClient, ConnectsAgainWhenAKeptConnectionWasClosed) {
  const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  ScriptedServer server({answer + "1", answer + "2"});
  HttpClient http(server.port());
  EXPECT_EQ(http.Get("/")->body, "1");
  EXPECT_EQ(http.Post("/", "body")->body, "2");
}

TEST(HttpClient, ReportsThatNoOneListens) {
  HttpClient http(FreePort());
  EXPECT_FALSE(http.Get("/").ok());
}

}  // namespace
}  // namespace tidemark::testing
