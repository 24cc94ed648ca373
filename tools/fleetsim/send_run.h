// RunSenders runs one sending job on each of several connections, each on a thread of its own,
// and tells how it goes: a line on standard error every five seconds, one line of JSON on standard
// output at the end:
//
//   {"samples":…,"requests":…,"bytes":…,"failures":…,"seconds":…,"samples_per_second":…,
//    "latency_ms":{"p50":…,"p99":…,"max":…}}
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "tools/fleetsim/request_sender.h"
#include "tools/fleetsim/stop_token.h"

namespace tidemark::fleetsim {

struct SendRunOptions {
  std::string url;
  size_t connections = 1;
  double samples_per_second = 0;  // of all connections; 0: as fast as the server takes them
  int64_t timeout_ms = 30'000;
  int64_t duration_ms = 0;  // 0: until the jobs end
};

// A job ends by itself or with the first error of `sender`.
using SendJob = std::function<absl::Status(size_t connection, RequestSender* sender)>;

// Runs until all jobs have ended, the duration is over, a job fails, or SIGINT or SIGTERM comes,
// all but the last two with OK. `stop` is stopped at the end. Call from the main thread.
absl::Status RunSenders(const SendRunOptions& options, const SendJob& job, StopToken* stop);

}  // namespace tidemark::fleetsim
