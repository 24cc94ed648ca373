#include "tools/fleetsim/http_client.h"

#include <charconv>
#include <chrono>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::fleetsim {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Request = http::request<http::span_body<const char>>;
using Response = http::response<http::string_body>;

absl::Status Failed(std::string_view what, const HttpUrl& url, const error_code& error) {
  const std::string text = fmt::format("{} {}:{}: {}", what, url.host, url.port, error.message());
  return error == beast::error::timeout ? absl::DeadlineExceededError(text)
                                        : absl::UnavailableError(text);
}

Request MakeRequest(const HttpUrl& url, std::string_view body, const HttpHeaders& headers) {
  Request request(http::verb::post, url.target, 11);
  request.set(http::field::host, fmt::format("{}:{}", url.host, url.port));
  for (const auto& [name, value] : headers) {
    request.set(name, value);
  }
  request.body() = beast::span<const char>(body.data(), body.size());
  request.prepare_payload();
  return request;
}

// Seconds only; a date is taken as if the server had said nothing.
int64_t RetryAfterMs(const Response& response) {
  const auto text = response[http::field::retry_after];
  int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  return error == std::errc() && !text.empty() && seconds >= 0 ? seconds * 1000 : -1;
}

}  // namespace

absl::StatusOr<HttpUrl> ParseHttpUrl(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = text;
  if (rest.substr(0, kScheme.size()) == kScheme) {
    rest.remove_prefix(kScheme.size());
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?"));
    const std::string_view target = rest.substr(authority.size());
    const std::string_view host = authority.substr(0, authority.rfind(':'));
    const std::string_view port =
        host.size() < authority.size() ? authority.substr(host.size() + 1) : "80";
    if (!host.empty() && !port.empty()) {
      return HttpUrl{std::string(host), std::string(port),
                     target.empty() || target.front() != '/' ? fmt::format("/{}", target)
                                                             : std::string(target)};
    }
  }
  return absl::InvalidArgumentError(
      fmt::format("\"{}\" is not a URL such as http://127.0.0.1:9090/api/v1/write", text));
}

// One TCP connection. Beast has deadlines for asynchronous operations only, so each one is started
// and run to its end.
class HttpClient::Connection {
 public:
  absl::Status Open(const HttpUrl& url, std::chrono::milliseconds timeout) {
    error_code error;
    asio::ip::tcp::resolver resolver(context_);
    const auto endpoints = resolver.resolve(url.host, url.port, error);
    if (!error) {
      stream_.expires_after(timeout);
      stream_.async_connect(endpoints,
                            [&error](error_code e, const asio::ip::tcp::endpoint&) { error = e; });
      RunToEnd();
    }
    if (error) {
      return Failed("connect to", url, error);
    }
    stream_.socket().set_option(asio::ip::tcp::no_delay(true), error);
    return absl::OkStatus();
  }

  absl::StatusOr<Response> Exchange(const HttpUrl& url, const Request& request,
                                    std::chrono::milliseconds timeout) {
    error_code error;
    Response response;
    stream_.expires_after(timeout);
    http::async_write(stream_, request, [&](error_code write_error, size_t) {
      error = write_error;
      if (!error) {
        http::async_read(stream_, buffer_, response,
                         [&error](error_code read_error, size_t) { error = read_error; });
      }
    });
    RunToEnd();
    if (error) {
      return Failed("post to", url, error);
    }
    return response;
  }

 private:
  void RunToEnd() {
    context_.restart();
    context_.run();
  }

  asio::io_context context_{1};
  beast::tcp_stream stream_{context_};
  beast::flat_buffer buffer_;
};

HttpClient::HttpClient(HttpUrl url, int64_t timeout_ms)
    : url_(std::move(url)), timeout_ms_(timeout_ms) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;

absl::StatusOr<HttpAnswer> HttpClient::Post(std::string_view body, const HttpHeaders& headers) {
  const std::chrono::milliseconds timeout(timeout_ms_);
  if (connection_ == nullptr) {
    auto opened = std::make_unique<Connection>();
    RETURN_IF_ERROR(opened->Open(url_, timeout));
    connection_ = std::move(opened);
  }
  absl::StatusOr<Response> response =
      connection_->Exchange(url_, MakeRequest(url_, body, headers), timeout);
  if (!response.ok() || !response->keep_alive()) {
    connection_.reset();
  }
  if (!response.ok()) {
    return response.status();
  }
  return HttpAnswer{static_cast<int>(response->result_int()), RetryAfterMs(*response),
                    std::move(response->body())};
}

}  // namespace tidemark::fleetsim
