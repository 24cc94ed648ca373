// PageServer serves a fleet over HTTP/1.1, one thread, for real Prometheus servers to scrape:
//
//   /c0/tikv-0/metrics   the page of an instance; 503 while it is down or its cluster is silent
//   /targets             HTTP service discovery; ?cluster=c0 keeps one cluster
//   /prometheus.yml      a configuration that discovers and scrapes all of it; ?cluster=, and
//                        ?remote_write_url= for where to send it
//   /                    a list of these
//
// Start and Run on one thread; Stop from any thread or from a signal handler's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "tools/fleetsim/fleet_model.h"
#include "tools/fleetsim/metrics_page.h"

namespace tidemark::fleetsim {

struct PageServerOptions {
  std::string listen_address = "127.0.0.1:0";  // port 0 takes a free one
  std::string scrape_interval = "15s";
  std::string remote_write_url;  // empty: none
};

class PageServer {
 public:
  // `model` must outlive the server. `model_now_ms` is asked for the model time of each page.
  PageServer(const FleetModel* model, std::function<int64_t()> model_now_ms,
             PageServerOptions options);
  ~PageServer();
  PageServer(const PageServer&) = delete;
  PageServer& operator=(const PageServer&) = delete;

  // Listens; the address with the real port.
  absl::StatusOr<std::string> Start();
  // Serves until Stop, or until SIGINT or SIGTERM if `until_signal`.
  void Run(bool until_signal);
  void Stop();

  struct Answer {
    int status = 200;
    const char* content_type = "text/plain; charset=utf-8";
    std::string body;
  };
  // What a GET of `target`, path and query, answers.
  Answer Get(std::string_view target) const;

 private:
  struct Listener;

  Answer Targets(std::string_view cluster) const;
  Answer Configuration(std::string_view cluster, std::string_view remote_write_url) const;

  const FleetModel* model_;
  const std::function<int64_t()> model_now_ms_;
  const PageServerOptions options_;
  const MetricsPage page_;
  std::unordered_map<std::string, const Instance*> by_path_;
  std::string address_;
  std::unique_ptr<Listener> listener_;
};

}  // namespace tidemark::fleetsim
