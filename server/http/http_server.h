// HttpServer answers HTTP/1.1 on one TCP port.
//
// A connection belongs to one of N I/O threads for its whole life; new ones go to the thread that
// has the fewest. Requests of one connection are answered one after the other, in order. Handlers
// run where their Route says: on the I/O thread, on a pool, asynchronously, or on a pool unless the
// I/O thread has a quick answer.
//
// Memory is bounded: a request head by max_header_bytes, a body by its route's limit, checked
// before the first byte of it is kept, and all bodies together by max_body_bytes_held.
//
// Start, Stop: one owner thread. Everything else inside synchronises itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/http/response_policy.h"
#include "server/http/route.h"

namespace tidemark::server {

class WorkerPool;

struct HttpServerOptions {
  std::string listen_address = "127.0.0.1:0";  // host:port; no host: every interface; port 0: any
  size_t io_threads = 1;
  size_t api_threads = 4;
  size_t query_threads = 20;
  size_t max_connections = 512;
  size_t max_header_bytes = 64u << 10;
  size_t max_body_bytes_held = 512u << 20;
  int64_t read_timeout_ms = 300'000;  // for a whole request head, idle time included; for a body
  int64_t write_timeout_ms = 60'000;
};

struct HttpServerDeps {
  const base::Clock* clock;
  base::Logger* logger;
  base::MetricsRegistry* metrics;
};

class HttpServer {
 public:
  // Listens and begins to answer. The deps must outlive the server; the registry must not be
  // scraped after it.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HttpServerOptions& options,
                                                           ResponsePolicy policy, RouteTable routes,
                                                           const HttpServerDeps& deps);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The address it listens on, with the actual port.
  std::string address() const;
  uint16_t port() const;

  // The threads that handlers of `run_on`, which is a pool, run on: who answers the same questions
  // over another protocol submits to them too, and waits for its last task before Stop().
  WorkerPool& Pool(RunOn run_on);

  // Accepts no more, closes idle connections and lets requests under way finish for `grace_ms`;
  // then cancels them. No handler runs and no connection is open when it returns. Idempotent.
  void Stop(int64_t grace_ms);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemark::server
