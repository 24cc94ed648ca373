#include "net/http_client.h"

#include <atomic>
#include <chrono>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <variant>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using boost::system::error_code;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using Tcp = asio::ip::tcp;
using TlsStream = beast::ssl_stream<beast::tcp_stream>;

absl::StatusOr<std::string> ReadSecret(const std::string& path, const std::string& otherwise) {
  if (path.empty()) {
    return otherwise;
  }
  std::ifstream file(path);
  if (!file) {
    return absl::UnavailableError(fmt::format("read {}: no such file, or not readable", path));
  }
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  return text;
}

// The value of the Authorization header; empty for none.
absl::StatusOr<std::string> Authorization(const HttpClientOptions& options) {
  if (!options.username.empty()) {
    ASSIGN_OR_RETURN(const std::string password,
                     ReadSecret(options.password_file, options.password));
    return "Basic " + absl::Base64Escape(options.username + ":" + password);
  }
  ASSIGN_OR_RETURN(const std::string credentials,
                   ReadSecret(options.credentials_file, options.credentials));
  if (credentials.empty()) {
    return "";
  }
  return fmt::format("{} {}", options.credential_type.empty() ? "Bearer" : options.credential_type,
                     credentials);
}

absl::Status TlsError(std::string_view what, const error_code& error) {
  return absl::UnavailableError(fmt::format("TLS: {}: {}", what, error.message()));
}

absl::Status LoadTlsFiles(const TlsOptions& options, ssl::context* context) {
  error_code error;
  if (options.ca_file.empty()) {
    context->set_default_verify_paths(error);
  } else {
    context->load_verify_file(options.ca_file, error);
  }
  if (error) {
    return TlsError(fmt::format("authorities {}", options.ca_file), error);
  }
  if (options.cert_file.empty()) {
    return absl::OkStatus();
  }
  context->use_certificate_chain_file(options.cert_file, error);
  if (error) {
    return TlsError(fmt::format("certificate {}", options.cert_file), error);
  }
  context->use_private_key_file(options.key_file, ssl::context::pem, error);
  return error ? TlsError(fmt::format("key {}", options.key_file), error) : absl::OkStatus();
}

}  // namespace

// One TCP or TLS connection with the loop that runs it. Every step ends at the same deadline.
class HttpClient::Connection {
 public:
  bool open() const { return !std::holds_alternative<std::monostate>(stream_); }

  void Close() {
    stream_ = std::monostate();
    tls_context_.reset();
    buffer_.clear();
  }

  void SetDeadline(int64_t timeout_ms) {
    deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms);
  }

  absl::Status Open(const Url& url, const TlsOptions& options) {
    ASSIGN_OR_RETURN(const Tcp::resolver::results_type endpoints, Resolve(url));
    if (url.tls) {
      tls_context_.emplace(ssl::context::tls_client);
      RETURN_IF_ERROR(LoadTlsFiles(options, &*tls_context_));
      stream_.emplace<TlsStream>(io_, *tls_context_);
    } else {
      stream_.emplace<beast::tcp_stream>(io_);
    }
    RETURN_IF_ERROR(Run("connect", [&](auto done) {
      tcp().async_connect(endpoints, [done](error_code e, const Tcp::endpoint&) { done(e); });
    }));
    return url.tls ? Handshake(url, options) : absl::OkStatus();
  }

  // `answered` tells whether anything came back.
  absl::StatusOr<Response> Exchange(const Request& request, size_t max_bytes, bool* answered) {
    return url_is_tls()
               ? ExchangeOver(&std::get<TlsStream>(stream_), request, max_bytes, answered)
               : ExchangeOver(&std::get<beast::tcp_stream>(stream_), request, max_bytes, answered);
  }

  void Cancel() {
    // Writer: any thread. Readers: the client's thread. Publishes nothing else; the post that
    // follows wakes a client that has looked before.
    cancelled_.store(true, std::memory_order_relaxed);
    asio::post(io_, [this] {
      if (open()) {
        tcp().cancel();
      }
    });
  }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  bool url_is_tls() const { return std::holds_alternative<TlsStream>(stream_); }
  beast::tcp_stream& tcp() {
    return url_is_tls() ? std::get<TlsStream>(stream_).next_layer()
                        : std::get<beast::tcp_stream>(stream_);
  }

  absl::StatusOr<Tcp::resolver::results_type> Resolve(const Url& url) {
    Tcp::resolver resolver(io_);
    Tcp::resolver::results_type endpoints;
    RETURN_IF_ERROR(Run(
        fmt::format("look {} up", url.host),
        [&](auto done) {
          resolver.async_resolve(
              url.host, fmt::format("{}", url.port),
              [done, &endpoints](error_code e, Tcp::resolver::results_type found) {
                endpoints = std::move(found);
                done(e);
              });
        },
        [&resolver] { resolver.cancel(); }));
    return endpoints;
  }

  absl::Status Handshake(const Url& url, const TlsOptions& options) {
    TlsStream& stream = std::get<TlsStream>(stream_);
    const std::string& name = options.server_name.empty() ? url.host : options.server_name;
    error_code error;
    stream.set_verify_mode(options.insecure_skip_verify ? ssl::verify_none : ssl::verify_peer,
                           error);
    if (!error && !options.insecure_skip_verify) {
      stream.set_verify_callback(ssl::host_name_verification(name), error);
    }
    if (error || SSL_set_tlsext_host_name(stream.native_handle(), name.c_str()) != 1) {
      return TlsError("prepare", error);
    }
    return Run("TLS handshake", [&](auto done) {
      stream.async_handshake(ssl::stream_base::client, [done](error_code e) { done(e); });
    });
  }

  template <typename Stream>
  absl::StatusOr<Response> ExchangeOver(Stream* stream, const Request& request, size_t max_bytes,
                                        bool* answered) {
    const absl::Status sent = Run("send", [&](auto done) {
      http::async_write(*stream, request, [done](error_code e, size_t) { done(e); });
    });
    // A server may answer and close before it has read a body that it does not want.
    http::response_parser<http::string_body> parser;
    parser.body_limit(max_bytes);
    const absl::Status received = Run("receive", [&](auto done) {
      http::async_read(*stream, buffer_, parser, [done](error_code e, size_t) { done(e); });
    });
    *answered = parser.got_some();
    if (!received.ok()) {
      return sent.ok() ? received : sent;
    }
    if (!sent.ok() || !parser.get().keep_alive()) {
      Close();
    }
    return parser.release();
  }

  // Starts one operation and runs the loop until it is done, cancelled or out of time.
  template <typename Start>
  absl::Status Run(std::string_view what, Start start, std::function<void()> stop = nullptr) {
    error_code result;
    bool finished = false;
    io_.restart();
    start([&](error_code e) {
      result = e;
      finished = true;
    });
    const auto abort = [&] {
      stop ? stop() : tcp().cancel();
      while (!finished && io_.run_one() > 0) {
      }
    };
    while (!finished) {
      if (cancelled()) {
        abort();
        return absl::CancelledError(fmt::format("{}: cancelled", what));
      }
      if (io_.run_one_until(deadline_) == 0 && !finished) {
        abort();
        return absl::DeadlineExceededError(fmt::format("{}: out of time", what));
      }
    }
    return result ? absl::UnavailableError(fmt::format("{}: {}", what, result.message()))
                  : absl::OkStatus();
  }

  asio::io_context io_{1};
  std::optional<ssl::context> tls_context_;
  std::variant<std::monostate, beast::tcp_stream, TlsStream> stream_;
  beast::flat_buffer buffer_;
  std::chrono::steady_clock::time_point deadline_;
  std::atomic<bool> cancelled_{false};
};

HttpClient::HttpClient(Url url, HttpClientOptions options)
    : url_(std::move(url)),
      options_(std::move(options)),
      connection_(std::make_unique<Connection>()) {}

HttpClient::~HttpClient() = default;

void HttpClient::Cancel() { connection_->Cancel(); }

absl::StatusOr<HttpAnswer> HttpClient::Post(std::string_view content_type,
                                            const std::string& body) {
  return Exchange(content_type, body);
}

absl::StatusOr<HttpAnswer> HttpClient::Get() { return Exchange("", ""); }

absl::StatusOr<HttpAnswer> HttpClient::Exchange(std::string_view content_type,
                                                const std::string& body) {
  auto answer = TryExchange(content_type, body);
  if (!answer.ok()) {
    connection_->Close();
    return base::Annotate(
        answer.status(),
        fmt::format("{} {}", content_type.empty() ? "GET" : "POST", url_.ToString()));
  }
  return answer;
}

absl::StatusOr<HttpAnswer> HttpClient::TryExchange(std::string_view content_type,
                                                   const std::string& body) {
  const http::verb verb = content_type.empty() ? http::verb::get : http::verb::post;
  Request request(verb, url_.path, 11, body);
  request.set(http::field::host, url_.HostHeader());
  request.set(http::field::user_agent, "tidemark");
  if (!content_type.empty()) {
    request.set(http::field::content_type, {content_type.data(), content_type.size()});
  }
  ASSIGN_OR_RETURN(const std::string authorization, Authorization(options_));
  if (!authorization.empty()) {
    request.set(http::field::authorization, authorization);
  }
  for (const auto& [name, value] : options_.headers) {
    request.set(name, value);
  }
  request.prepare_payload();
  connection_->SetDeadline(options_.timeout_ms);
  while (true) {
    const bool kept = connection_->open();
    if (!kept) {
      RETURN_IF_ERROR(connection_->Open(url_, options_.tls));
    }
    bool answered = false;
    auto response = connection_->Exchange(request, options_.max_answer_bytes, &answered);
    if (response.ok()) {
      return HttpAnswer{static_cast<int>(response->result_int()), std::move(response->body())};
    }
    connection_->Close();
    const bool closed_meanwhile = kept && !answered && absl::IsUnavailable(response.status());
    if (!closed_meanwhile) {
      return response.status();
    }
  }
}

}  // namespace tidemark::net
