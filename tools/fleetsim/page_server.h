// PageServer serves a fleet over HTTP/1.1 for real Prometheus servers to scrape:
//
//   /c0/tikv-0/metrics             the page of an instance; 503 while it is down or its cluster's
//                                  sender is silent
//   /targets, /c0/targets          HTTP service discovery of the fleet, of one cluster
//   /prometheus.yml, /c0/prometheus.yml
//                                  a configuration that discovers and scrapes these
//
// Start and Stop: one owner thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/http/http_server.h"
#include "tools/fleetsim/fleet_model.h"
#include "tools/fleetsim/metrics_page.h"

namespace tidemark::fleetsim {

struct PageServerOptions {
  std::string listen_address = "127.0.0.1:0";  // port 0 takes a free one
  std::string scrape_interval = "15s";
  std::string remote_write_url = {};  // empty: none
};

class PageServer {
 public:
  // `model` must outlive the server. `model_now_ms` is asked for the model time of each page, by
  // several threads at once.
  PageServer(const FleetModel* model, std::function<int64_t()> model_now_ms,
             PageServerOptions options);
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  // Listens and begins to answer; the address with the real port.
  absl::StatusOr<std::string> Start();
  void Stop();

 private:
  using Cluster = std::optional<int>;  // none stands for the whole fleet

  server::RouteTable Routes() const;
  server::HttpResponse Page(const Instance& instance) const;
  server::HttpResponse Targets(Cluster cluster) const;
  server::HttpResponse Configuration(Cluster cluster) const;

  const FleetModel* model_;
  const std::function<int64_t()> model_now_ms_;
  const PageServerOptions options_;
  const MetricsPage page_;
  const base::SystemClock clock_;
  base::Logger logger_;
  base::MetricsRegistry metrics_;
  std::unique_ptr<server::HttpServer> server_;
};

}  // namespace tidemark::fleetsim
