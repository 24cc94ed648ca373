// RequestSender delivers remote-write requests over one connection as Prometheus does: in order,
// each until it is taken. A server error or no answer is retried without end, after 30 ms doubled
// up to 5 s or as Retry-After says; a client error is final.
//
// A sender is owned by one thread; SendCounters are shared by all and thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tools/fleetsim/http_client.h"
#include "tools/fleetsim/stop_token.h"

namespace tidemark::fleetsim {

// Written by the senders, read for progress and results; each is a count of its own.
struct SendCounters {
  std::atomic<int64_t> samples{0};   // in requests that were taken
  std::atomic<int64_t> requests{0};  // taken
  std::atomic<int64_t> bytes{0};     // of their bodies
  std::atomic<int64_t> failures{0};  // attempts that ended otherwise
};

class RequestSender {
 public:
  // `stop` and `counters` must outlive the sender. `samples_per_second` 0 does not limit.
  RequestSender(const HttpUrl& url, int64_t timeout_ms, double samples_per_second, StopToken* stop,
                SendCounters* counters);

  // OK when the request was taken; InvalidArgument with the server's words when it was refused;
  // Cancelled when stopped before.
  absl::Status Send(std::string_view body, size_t samples);

  // How long each request that was taken waited for its answer.
  const std::vector<int64_t>& latencies_us() const { return latencies_us_; }

 private:
  // Waits until the rate allows `samples` more.
  void Pace(size_t samples);
  absl::StatusOr<HttpAnswer> Attempt(std::string_view body, int attempt);
  void CountTaken(std::string_view body, size_t samples, int64_t began_us);

  HttpClient client_;
  const double samples_per_second_;
  StopToken* const stop_;
  SendCounters* const counters_;
  int64_t next_us_ = 0;  // steady time before which nothing is sent
  std::vector<int64_t> latencies_us_;
};

}  // namespace tidemark::fleetsim
