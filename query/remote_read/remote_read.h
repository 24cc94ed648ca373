// Answers Prometheus' remote read: the raw samples of selected series, stale markers included.
//
// Series come in order of their labels, as readers that merge several answers need them. Pure
// functions but for the querier, which is thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "storage/querier.h"

namespace tidemark::query {

struct RemoteReadOptions {
  size_t max_samples = 50'000'000;               // of all queries of a request together
  const std::atomic<bool>* cancelled = nullptr;  // set by any thread to stop
};

struct RemoteReadAnswer {
  bool streamed = false;  // frames of chunks; else one message, to be compressed
  std::string body;
};

// Answers the bytes of a ReadRequest. Errors: InvalidArgument, the request is malformed or asks
// for more than max_samples; Cancelled; anything else comes from the store.
absl::StatusOr<RemoteReadAnswer> AnswerRemoteRead(const storage::Querier& querier,
                                                  std::string_view request,
                                                  const RemoteReadOptions& options);

}  // namespace tidemark::query
