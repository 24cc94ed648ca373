#include "server/snapshot_client.h"

#include <string_view>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::server {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Response = http::response<http::string_body>;

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kPath = "/api/v1/admin/tsdb/snapshot";
constexpr int kHttpVersion = 11;

// The parts of "http://host:port/prefix".
struct Url {
  std::string host;
  std::string port;
  std::string prefix;
};

absl::StatusOr<Url> ParseUrl(std::string_view text) {
  if (!text.starts_with(kScheme)) {
    return absl::InvalidArgumentError(fmt::format("{} is not an http:// address", text));
  }
  text.remove_prefix(kScheme.size());
  const size_t slash = std::min(text.find('/'), text.size());
  std::string_view prefix = text.substr(slash);
  while (prefix.ends_with('/')) {
    prefix.remove_suffix(1);
  }
  std::string_view host = text.substr(0, slash);
  const size_t colon = host.rfind(':');
  const bool has_port = colon != std::string_view::npos && host.find(']', colon) == host.npos;
  const std::string_view port = has_port ? host.substr(colon + 1) : "80";
  host = has_port ? host.substr(0, colon) : host;
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return Url{std::string(host), std::string(port), std::string(prefix)};
}

absl::StatusOr<Response> Post(const Url& url) {
  asio::io_context context;
  error_code error;
  const auto addresses = asio::ip::tcp::resolver(context).resolve(url.host, url.port, error);
  beast::tcp_stream stream(context);
  if (!error) {
    stream.connect(addresses, error);
  }
  http::request<http::string_body> request(http::verb::post, url.prefix + std::string(kPath),
                                           kHttpVersion);
  request.set(http::field::host, fmt::format("{}:{}", url.host, url.port));
  request.prepare_payload();
  if (!error) {
    http::write(stream, request, error);
  }
  beast::flat_buffer buffer;
  Response response;
  if (!error) {
    http::read(stream, buffer, response, error);
  }
  if (error) {
    return absl::UnavailableError(
        fmt::format("ask http://{}:{} for a snapshot: {}", url.host, url.port, error.message()));
  }
  return response;
}

// The name in {"status":"success","data":{"name":"…"}}; empty if there is none.
std::string_view NameIn(std::string_view json) {
  constexpr std::string_view kKey = "\"name\":\"";
  const size_t key = json.find(kKey);
  if (key == std::string_view::npos) {
    return {};
  }
  json.remove_prefix(key + kKey.size());
  return json.substr(0, json.find('"'));
}

}  // namespace

absl::StatusOr<std::string> RequestSnapshot(const std::string& url) {
  ASSIGN_OR_RETURN(const Url parsed, ParseUrl(url));
  ASSIGN_OR_RETURN(const Response response, Post(parsed));
  const std::string_view name = NameIn(response.body());
  if (response.result() != http::status::ok || name.empty() ||
      name.find('/') != std::string_view::npos) {
    return absl::FailedPreconditionError(
        fmt::format("{} made no snapshot: {} {}", url, response.result_int(), response.body()));
  }
  return std::string(name);
}

}  // namespace tidemark::server
