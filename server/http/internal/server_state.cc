#include "server/http/internal/server_state.h"

#include <utility>

namespace tidemark::server::internal {
namespace {

constexpr std::string_view kClassNames[] = {"2xx", "4xx", "5xx"};

}  // namespace

bool ConnectionCount::TryAdd(size_t limit) {
  base::MutexLock lock(&mu_);
  if (open_ >= limit) {
    return false;
  }
  ++open_;
  return true;
}

void ConnectionCount::Remove() {
  base::MutexLock lock(&mu_);
  if (--open_ == 0) {
    none_.SignalAll();
  }
}

size_t ConnectionCount::value() const {
  base::MutexLock lock(&mu_);
  return open_;
}

void ConnectionCount::WaitForNone(int64_t timeout_ms) {
  const base::SystemClock clock;
  const int64_t deadline = clock.SteadyNanos() + timeout_ms * 1'000'000;
  base::MutexLock lock(&mu_);
  while (open_ > 0) {
    const int64_t left_ms = (deadline - clock.SteadyNanos()) / 1'000'000;
    if (left_ms <= 0) {
      return;
    }
    none_.WaitFor(&mu_, left_ms);
  }
}

RouteMetrics::RouteMetrics(std::string_view handler, base::MetricsRegistry* registry) {
  for (size_t i = 0; i < kClasses; ++i) {
    by_class_[i] = registry->AddCounter(
        "tidemark_http_requests_total", "HTTP requests answered, by route and class of status.",
        {{"handler", std::string(handler)}, {"code", std::string(kClassNames[i])}});
  }
  seconds_ = registry->AddHistogram(
      "tidemark_http_request_duration_seconds",
      "Time from a complete request to its complete answer, by route.",
      base::ExponentialBounds(0.0005, 4, 10), {{"handler", std::string(handler)}});
}

void RouteMetrics::Count(int status, double seconds) {
  by_class_[status < 400 ? 0 : status < 500 ? 1 : 2]->Add();
  seconds_->Observe(seconds);
}

ServerState::ServerState(const HttpServerOptions& server_options, ResponsePolicy response_policy,
                         RouteTable route_table, const HttpServerDeps& server_deps)
    : options(server_options),
      policy(std::move(response_policy)),
      routes(std::move(route_table)),
      deps(server_deps),
      body_budget(options.max_body_bytes_held),
      connections_refused(
          deps.metrics->AddCounter("tidemark_http_connections_refused_total",
                                   "Connections closed because --web.max-connections were open.")),
      bodies_refused(deps.metrics->AddCounter(
          "tidemark_http_bodies_refused_total",
          "Requests answered 503 because too many bytes of bodies were held.")),
      api_pool("tm-api", options.api_threads),
      query_pool("tm-query", options.query_threads) {
  for (const Route& route : routes.routes()) {
    route_metrics.emplace_back(route.path, deps.metrics);
  }
  route_metrics.emplace_back("unknown", deps.metrics);
}

RouteMetrics& ServerState::MetricsOf(const Route* route) {
  if (route == nullptr) {
    return route_metrics.back();
  }
  return route_metrics[static_cast<size_t>(route - routes.routes().data())];
}

}  // namespace tidemark::server::internal
