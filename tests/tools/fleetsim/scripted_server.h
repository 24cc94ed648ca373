// ScriptedServer answers POSTs on a free loopback port with the answers it was given, in turn, and
// keeps what it was sent. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "server/http/http_server.h"

namespace tidemark::fleetsim {

class ScriptedServer {
 public:
  struct Answer {
    int status = 204;
    std::string retry_after;  // empty: none
    std::string body;
  };
  struct Request {
    std::map<std::string, std::string> headers;
    std::string body;
  };

  explicit ScriptedServer(std::vector<Answer> answers);

  // http://127.0.0.1:PORT/write
  std::string url() const;
  std::vector<Request> requests() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  server::HttpResponse Take(const server::HttpRequest& request) ABSL_LOCKS_EXCLUDED(mu_);

  const base::SystemClock clock_;
  base::Logger logger_;
  base::MetricsRegistry metrics_;
  mutable base::Mutex mu_;
  std::vector<Answer> answers_ ABSL_GUARDED_BY(mu_);
  std::vector<Request> requests_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<server::HttpServer> server_;  // last: ends before what its handlers use
};

}  // namespace tidemark::fleetsim
