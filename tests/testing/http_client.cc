#include "tests/testing/http_client.h"

#include <chrono>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "absl/strings/match.h"
#include "base/string_map.h"
#include "fmt/format.h"

namespace tidemark::testing {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    if (IsUnreserved(c)) {
      out->push_back(c);
    } else {
      fmt::format_to(std::back_inserter(*out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
}

HttpResponse Convert(http::response<http::string_body> answer) {
  HttpResponse response;
  response.status = static_cast<int>(answer.result_int());
  for (const auto& field : answer) {
    response.headers.emplace_back(std::string(field.name_string()), std::string(field.value()));
  }
  response.body = std::move(answer.body());
  return response;
}

}  // namespace

std::string_view HttpResponse::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (absl::EqualsIgnoreCase(key, base::ToAbsl(name))) {
      return value;
    }
  }
  return {};
}

std::string FormEncode(const Pairs& parameters) {
  std::string text;
  for (const auto& [name, value] : parameters) {
    if (!text.empty()) {
      text.push_back('&');
    }
    AppendEscaped(name, &text);
    text.push_back('=');
    AppendEscaped(value, &text);
  }
  return text;
}

// One TCP connection. Every step has the same time limit.
class HttpClient::Connection {
 public:
  explicit Connection(int64_t timeout_ms) : timeout_(timeout_ms), stream_(io_) {}

  error_code Open(uint16_t port) {
    const asio::ip::tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    return Run([&](auto done) { stream_.async_connect(endpoint, done); });
  }

  // False in `answered` when the connection ended before anything came back.
  error_code Exchange(const http::request<http::string_body>& request,
                      http::response<http::string_body>* answer, bool* answered) {
    const error_code sent = Run([&](auto done) {
      http::async_write(stream_, request, [done](error_code ec, size_t) { done(ec); });
    });
    // A server may answer and close before it has read a body that it does not want.
    http::response_parser<http::string_body> parser;
    parser.body_limit(uint64_t{1} << 32);
    const error_code received = Run([&](auto done) {
      http::async_read(stream_, buffer_, parser, [done](error_code ec, size_t) { done(ec); });
    });
    *answered = parser.got_some();
    if (received) {
      return sent ? sent : received;
    }
    keep_alive_ = parser.get().keep_alive() && !sent;
    *answer = parser.release();
    return {};
  }

  bool keep_alive() const { return keep_alive_; }

 private:
  template <typename Start>
  error_code Run(Start start) {
    error_code result;
    stream_.expires_after(timeout_);
    start([&result](error_code ec) { result = ec; });
    io_.restart();
    io_.run();
    return result;
  }

  const std::chrono::milliseconds timeout_;
  asio::io_context io_;
  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  bool keep_alive_ = true;
};

HttpClient::HttpClient(uint16_t port, int64_t timeout_ms) : port_(port), timeout_ms_(timeout_ms) {}

HttpClient::~HttpClient() = default;

absl::StatusOr<HttpResponse> HttpClient::Get(std::string_view path, const Pairs& parameters,
                                             const Pairs& headers) {
  std::string target(path);
  if (!parameters.empty()) {
    target += "?" + FormEncode(parameters);
  }
  return Send("GET", target, "", headers);
}

absl::StatusOr<HttpResponse> HttpClient::Post(std::string_view path, std::string body,
                                              const Pairs& headers) {
  return Send("POST", path, std::move(body), headers);
}

absl::StatusOr<HttpResponse> HttpClient::PostForm(std::string_view path, const Pairs& parameters) {
  return Send("POST", path, FormEncode(parameters),
              {{"Content-Type", "application/x-www-form-urlencoded"}});
}

absl::StatusOr<HttpResponse> HttpClient::Send(std::string_view method, std::string_view target,
                                              std::string body, const Pairs& headers) {
  http::request<http::string_body> request;
  request.method_string({method.data(), method.size()});
  request.target({target.data(), target.size()});
  request.version(11);
  request.set(http::field::host, fmt::format("127.0.0.1:{}", port_));
  for (const auto& [name, value] : headers) {
    request.insert(name, value);
  }
  request.body() = std::move(body);
  request.prepare_payload();

  while (true) {
    const bool fresh = connection_ == nullptr;
    error_code failure;
    bool answered = false;
    http::response<http::string_body> answer;
    if (fresh) {
      connection_ = std::make_unique<Connection>(timeout_ms_);
      failure = connection_->Open(port_);
    }
    if (!failure) {
      failure = connection_->Exchange(request, &answer, &answered);
    }
    if (failure || !connection_->keep_alive()) {
      connection_.reset();
    }
    if (!failure) {
      return Convert(std::move(answer));
    }
    if (fresh || answered) {
      return absl::UnavailableError(
          fmt::format("{} {} on port {}: {}", method, target, port_, failure.message()));
    }
    // The server closed a kept connection in between: once more over a new one.
  }
}

}  // namespace tidemark::testing
