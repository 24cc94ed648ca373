#include "server/http/http_server.h"

#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ip/v6_only.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "fmt/format.h"
#include "server/http/internal/io_thread.h"
#include "server/http/internal/server_state.h"

namespace tidemark::server {

using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kAcceptRetry{100};
constexpr int64_t kAbortedRequestMs = 2'000;
constexpr std::string_view kTooManyConnections =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Retry-After: 1\r\nConnection: close\r\nContent-Length: 21\r\n\r\ntoo many connections\n";

struct HostPort {
  std::string host;  // empty: every interface
  std::string port;
};

absl::StatusOr<HostPort> SplitAddress(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) {
    return absl::InvalidArgumentError(fmt::format("listen address {}: no port", address));
  }
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  const std::string_view port = address.substr(colon + 1);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size()) {
    return absl::InvalidArgumentError(fmt::format("listen address {}: bad port", address));
  }
  return HostPort{std::string(host), std::string(port)};
}

absl::Status ListenError(std::string_view address, const error_code& error) {
  return absl::UnavailableError(fmt::format("listen on {}: {}", address, error.message()));
}

std::string EndpointText(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", host, endpoint.port())
                                    : fmt::format("{}:{}", host, endpoint.port());
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(const HttpServerOptions& options, ResponsePolicy policy, RouteTable routes,
       const HttpServerDeps& deps);

  absl::Status Listen();
  void Run();
  void Stop(int64_t grace_ms);
  std::string address() const { return EndpointText(endpoint_); }
  uint16_t port() const { return endpoint_.port(); }
  WorkerPool& Pool(RunOn run_on) { return state_.Pool(run_on); }

 private:
  void AddMetrics();
  internal::IoThread* LeastBusy();
  void AcceptNext();
  void OnAccept(error_code error, internal::Socket socket, internal::IoThread* thread);
  void RetryLater();
  void StopAccepting();

  internal::ServerState state_;
  std::vector<std::unique_ptr<internal::IoThread>> threads_;
  // Used on the first I/O thread only, once it runs.
  tcp::acceptor acceptor_;
  boost::asio::steady_timer retry_;
  tcp::endpoint endpoint_;
  bool stopped_ = false;
};

HttpServer::Impl::Impl(const HttpServerOptions& options, ResponsePolicy policy, RouteTable routes,
                       const HttpServerDeps& deps)
    : state_(options, std::move(policy), std::move(routes), deps),
      threads_([this] {
        std::vector<std::unique_ptr<internal::IoThread>> threads;
        for (size_t i = 0; i < std::max<size_t>(state_.options.io_threads, 1); ++i) {
          threads.push_back(std::make_unique<internal::IoThread>(i, &state_));
        }
        return threads;
      }()),
      acceptor_(threads_[0]->context()),
      retry_(threads_[0]->context()) {}

absl::Status HttpServer::Impl::Listen() {
  const std::string& address = state_.options.listen_address;
  ASSIGN_OR_RETURN(const HostPort host_port, SplitAddress(address));
  error_code error;
  tcp::endpoint endpoint(tcp::v6(), static_cast<uint16_t>(std::stoi(host_port.port)));
  if (!host_port.host.empty()) {
    tcp::resolver resolver(threads_[0]->context());
    const auto found = resolver.resolve(host_port.host, host_port.port, error);
    if (error) {
      return ListenError(address, error);
    }
    endpoint = found.begin()->endpoint();
  }
  acceptor_.open(endpoint.protocol(), error);
  if (error && host_port.host.empty()) {  // a machine without IPv6
    endpoint = tcp::endpoint(tcp::v4(), endpoint.port());
    acceptor_.open(endpoint.protocol(), error);
  }
  if (!error) {
    acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  }
  if (!error && endpoint.protocol() == tcp::v6() && host_port.host.empty()) {
    acceptor_.set_option(boost::asio::ip::v6_only(false), error);
  }
  if (!error) {
    acceptor_.bind(endpoint, error);
  }
  if (!error) {
    acceptor_.listen(boost::asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return ListenError(address, error);
  }
  endpoint_ = acceptor_.local_endpoint(error);
  return absl::OkStatus();
}

void HttpServer::Impl::AddMetrics() {
  base::MetricsRegistry* const metrics = state_.deps.metrics;
  metrics->AddGaugeCallback("tidemark_http_connections", "Open HTTP connections.",
                            [this] { return static_cast<double>(state_.connections.value()); });
  metrics->AddGaugeCallback("tidemark_http_body_bytes_held", "Bytes of request bodies in memory.",
                            [this] { return static_cast<double>(state_.body_budget.held()); });
  metrics->AddGaugeCallback("tidemark_http_queries_queued",
                            "Queries that wait for one of --query.max-concurrency turns.",
                            [this] { return static_cast<double>(state_.query_pool.queued()); });
}

void HttpServer::Impl::Run() {
  AddMetrics();
  AcceptNext();
  for (const auto& thread : threads_) {
    thread->Start();
  }
}

internal::IoThread* HttpServer::Impl::LeastBusy() {
  internal::IoThread* best = threads_[0].get();
  for (const auto& thread : threads_) {
    if (thread->connection_count() < best->connection_count()) {
      best = thread.get();
    }
  }
  return best;
}

void HttpServer::Impl::AcceptNext() {
  internal::IoThread* thread = LeastBusy();
  acceptor_.async_accept(thread->context(),
                         [this, thread](error_code error, internal::Socket socket) {
                           OnAccept(error, std::move(socket), thread);
                         });
}

void HttpServer::Impl::OnAccept(error_code error, internal::Socket socket,
                                internal::IoThread* thread) {
  if (!acceptor_.is_open()) {
    return;
  }
  if (error) {
    state_.deps.logger->Warn("cannot accept a connection; trying again",
                             {{"error", error.message()}});
    return RetryLater();
  }
  if (state_.connections.TryAdd(state_.options.max_connections)) {
    socket.set_option(tcp::no_delay(true), error);
    thread->Adopt(std::move(socket));
  } else {
    state_.connections_refused->Add();
    socket.non_blocking(true, error);
    socket.send(boost::asio::buffer(kTooManyConnections), 0, error);
  }
  AcceptNext();
}

// Out of file descriptors, mostly: a little later some will be free.
void HttpServer::Impl::RetryLater() {
  retry_.expires_after(kAcceptRetry);
  retry_.async_wait([this](error_code error) {
    if (!error && acceptor_.is_open()) {
      AcceptNext();
    }
  });
}

void HttpServer::Impl::StopAccepting() {
  boost::asio::post(threads_[0]->context(), [this] {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  });
}

void HttpServer::Impl::Stop(int64_t grace_ms) {
  if (std::exchange(stopped_, true)) {
    return;
  }
  StopAccepting();
  for (const auto& thread : threads_) {
    thread->Drain();
  }
  state_.connections.WaitForNone(grace_ms);
  for (const auto& thread : threads_) {
    thread->AbortAll();
  }
  state_.api_pool.Stop();
  state_.query_pool.Stop();
  state_.connections.WaitForNone(kAbortedRequestMs);
  for (const auto& thread : threads_) {
    thread->Stop();
  }
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HttpServerOptions& options,
                                                              ResponsePolicy policy,
                                                              RouteTable routes,
                                                              const HttpServerDeps& deps) {
  auto impl = std::make_unique<Impl>(options, std::move(policy), std::move(routes), deps);
  RETURN_IF_ERROR(impl->Listen());
  impl->Run();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { impl_->Stop(0); }

std::string HttpServer::address() const { return impl_->address(); }
uint16_t HttpServer::port() const { return impl_->port(); }
WorkerPool& HttpServer::Pool(RunOn run_on) { return impl_->Pool(run_on); }
void HttpServer::Stop(int64_t grace_ms) { impl_->Stop(grace_ms); }

}  // namespace tidemark::server
