#include "tools/fleetsim/page_server.h"

#include <charconv>
#include <chrono>
#include <csignal>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "tools/fleetsim/fleet_labels.h"

namespace tidemark::fleetsim {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kIdle = std::chrono::minutes(5);

// One connection; keeps itself alive by the handlers it waits in.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const PageServer* server)
      : stream_(std::move(socket)), server_(server) {}

  void Read() {
    request_ = {};
    stream_.expires_after(kIdle);
    http::async_read(stream_, buffer_, request_,
                     [self = shared_from_this()](error_code error, size_t) {
                       if (!error) {
                         self->Answer();
                       }
                     });
  }

 private:
  void Answer() {
    const auto target = request_.target();
    PageServer::Answer answer = server_->Get({target.data(), target.size()});
    response_ = {};
    response_.result(static_cast<unsigned>(answer.status));
    response_.version(request_.version());
    response_.keep_alive(request_.keep_alive());
    response_.set(http::field::content_type, answer.content_type);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    http::async_write(stream_, response_, [self = shared_from_this()](error_code error, size_t) {
      if (!error && self->response_.keep_alive()) {
        self->Read();
      }
    });
  }

  beast::tcp_stream stream_;
  beast::flat_buffer buffer_;
  http::request<http::string_body> request_;
  http::response<http::string_body> response_;
  const PageServer* server_;
};

// "127.0.0.1:9090" to an endpoint.
absl::StatusOr<tcp::endpoint> ParseEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  uint16_t port = 0;
  error_code error = asio::error::invalid_argument;
  asio::ip::address address;
  if (colon != std::string_view::npos) {
    address = asio::ip::make_address(std::string(text.substr(0, colon)), error);
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (!error && (parsed.ec != std::errc() || parsed.ptr != end)) {
      error = asio::error::invalid_argument;
    }
  }
  if (error) {
    return absl::InvalidArgumentError(
        fmt::format("listen address \"{}\" is not ADDRESS:PORT", text));
  }
  return tcp::endpoint(address, port);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                         HexDigit(text[i + 2]) >= 0;
    if (escaped) {
      plain += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// The value of `name` in a query string; empty if it is not there.
std::string Parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name && equals != std::string_view::npos) {
      return Unescape(pair.substr(equals + 1));
    }
  }
  return "";
}

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

void WriteString(std::string_view text, JsonWriter* json) {
  json->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void WriteTarget(const Instance& instance, std::string_view address, JsonWriter* json) {
  json->StartObject();
  json->Key("targets");
  json->StartArray();
  WriteString(address, json);
  json->EndArray();
  json->Key("labels");
  json->StartObject();
  json->Key("__metrics_path__");
  WriteString(instance.path, json);
  for (const auto& [name, value] : instance.labels) {
    json->Key(name.c_str());
    WriteString(value, json);
  }
  json->EndObject();
  json->EndObject();
}

}  // namespace

struct PageServer::Listener {
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::signal_set signals{context};

  void Accept(const PageServer* server) {
    acceptor.async_accept([this, server](error_code error, tcp::socket socket) {
      if (!error) {
        std::make_shared<Session>(std::move(socket), server)->Read();
      }
      if (acceptor.is_open()) {
        Accept(server);
      }
    });
  }
};

PageServer::PageServer(const FleetModel* model, std::function<int64_t()> model_now_ms,
                       PageServerOptions options)
    : model_(model),
      model_now_ms_(std::move(model_now_ms)),
      options_(std::move(options)),
      page_(model),
      listener_(std::make_unique<Listener>()) {
  for (const Instance& instance : model_->instances()) {
    by_path_.emplace(instance.path, &instance);
  }
}

PageServer::~PageServer() = default;

absl::StatusOr<std::string> PageServer::Start() {
  ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseEndpoint(options_.listen_address));
  tcp::acceptor& acceptor = listener_->acceptor;
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return absl::UnavailableError(
        fmt::format("listen on {}: {}", options_.listen_address, error.message()));
  }
  address_ =
      fmt::format("{}:{}", options_.listen_address.substr(0, options_.listen_address.rfind(':')),
                  acceptor.local_endpoint().port());
  return address_;
}

void PageServer::Run(bool until_signal) {
  if (until_signal) {
    listener_->signals.add(SIGINT);
    listener_->signals.add(SIGTERM);
    listener_->signals.async_wait([this](error_code, int) { Stop(); });
  }
  listener_->Accept(this);
  listener_->context.run();
}

void PageServer::Stop() { listener_->context.stop(); }

PageServer::Answer PageServer::Get(std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  const std::string_view query = target.substr(std::min(target.size(), path.size() + 1));
  if (path == "/targets") {
    return Targets(Parameter(query, "cluster"));
  }
  if (path == "/prometheus.yml") {
    const std::string url = Parameter(query, "remote_write_url");
    return Configuration(Parameter(query, "cluster"),
                         url.empty() ? options_.remote_write_url : url);
  }
  if (path == "/") {
    return {.body = "/targets\n/prometheus.yml\n/c0/tikv-0/metrics and so on\n"};
  }
  const auto instance = by_path_.find(std::string(path));
  if (instance == by_path_.end()) {
    return {.status = 404, .body = "no such page\n"};
  }
  Answer answer{.content_type = kPageContentType};
  if (!page_.Render(*instance->second, model_now_ms_(), &answer.body)) {
    return {.status = 503, .body = "the process is down\n"};
  }
  return answer;
}

PageServer::Answer PageServer::Targets(std::string_view cluster) const {
  rapidjson::StringBuffer buffer;
  JsonWriter json(buffer);
  json.StartArray();
  for (const Instance& instance : model_->instances()) {
    if (cluster.empty() || cluster == ClusterName(instance.cluster)) {
      WriteTarget(instance, address_, &json);
    }
  }
  json.EndArray();
  return {.content_type = "application/json", .body = {buffer.GetString(), buffer.GetSize()}};
}

PageServer::Answer PageServer::Configuration(std::string_view cluster,
                                             std::string_view remote_write_url) const {
  std::string yaml = fmt::format(
      "global:\n"
      "  scrape_interval: {0}\n"
      "  scrape_timeout: {0}\n"
      "scrape_configs:\n"
      "  - job_name: fleet\n"
      "    honor_labels: true\n"
      "    http_sd_configs:\n"
      "      - url: http://{1}/targets{2}{3}\n",
      options_.scrape_interval, address_, cluster.empty() ? "" : "?cluster=", cluster);
  if (!remote_write_url.empty()) {
    yaml += fmt::format("remote_write:\n  - url: {}\n", remote_write_url);
  }
  return {.content_type = "application/yaml", .body = std::move(yaml)};
}

}  // namespace tidemark::fleetsim
