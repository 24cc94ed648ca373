// POST /api/v1/write: Prometheus remote write 1.0.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "server/api/backend.h"
#include "server/http/route.h"

namespace tidemark::server {

// SampleSink takes what senders write. Thread-safe, but calls with the same `io_thread` come from
// one thread.
class SampleSink {
 public:
  using Done = absl::AnyInvocable<void(const absl::Status&)>;

  virtual ~SampleSink() = default;

  // Unavailable when overloaded: asked before a body is read.
  virtual absl::Status Admit() const = 0;

  // Stores a snappy-compressed WriteRequest, which is valid only during the call. `done` is called
  // once, by any thread, when the samples are durable or refused.
  virtual void Write(size_t io_thread, std::string_view compressed, Done done) = 0;
};

// SinkSlot holds the sink once the store has recovered. Thread-safe.
class SinkSlot {
 public:
  // `sink` must outlive the last request; null: not ready.
  void Set(SampleSink* sink) { sink_.store(sink, std::memory_order_release); }
  SampleSink* Get() const { return sink_.load(std::memory_order_acquire); }

 private:
  // Writer: the main thread. Readers: I/O threads. Publishes the sink.
  std::atomic<SampleSink*> sink_{nullptr};
};

struct WriteRouteOptions {
  bool enabled = true;
  size_t max_request_bytes = 32u << 20;  // compressed
};

// Both slots must outlive the routes; `ready` says with which header a 503 is answered.
void AddWriteRoute(const WriteRouteOptions& options, const SinkSlot* sink, const BackendSlot* ready,
                   RouteTable* routes);

}  // namespace tidemark::server
