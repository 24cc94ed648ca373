// What every service of the gRPC server works with.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "base/clock.h"
#include "grpcpp/server_context.h"
#include "server/api/backend.h"
#include "server/grpc/calls.h"

namespace tidemark::server {

// Borrowed parts; all are thread-safe.
struct ServiceParts {
  const BackendSlot* slot = nullptr;
  const base::Clock* clock = nullptr;
  CallRunner queries;  // what evaluates PromQL; as many at a time as its pool has threads
  CallRunner lookups;  // everything else
  size_t max_answer_bytes = 0;
  size_t max_waiting = 0;  // messages that wait for a slow reader of a stream of changes
};

// What an RPC gets that comes before the store has recovered, or while the server stops.
inline absl::Status NotReadyStatus(const BackendSlot& slot) {
  return absl::UnavailableError(slot.stopping() ? "the server is stopping"
                                                : "the server is starting and has not recovered "
                                                  "its store yet; ask again later");
}

// How long the caller still waits; the largest number there is if it waits for ever.
inline int64_t TimeLeftMs(const grpc::ServerContextBase& context) {
  using std::chrono::system_clock;
  const system_clock::time_point deadline = context.deadline();
  if (deadline == system_clock::time_point::max()) {
    return std::numeric_limits<int64_t>::max();
  }
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - system_clock::now())
      .count();
}

}  // namespace tidemark::server
