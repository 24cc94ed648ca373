// What the API handlers ask: the store and the engine, once they are there.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "query/cache/range_cache.h"
#include "query/engine/engine.h"
#include "server/http/route.h"
#include "storage/querier.h"

namespace tidemark::server {

// Type, help and unit of a metric, as its senders described it.
struct MetricDescription {
  std::string metric;
  std::string type;  // "counter", "gauge", ...
  std::string help;
  std::string unit;

  friend bool operator==(const MetricDescription&, const MetricDescription&) = default;
};

// Borrowed parts; all are thread-safe.
struct ApiBackend {
  const storage::Querier* querier = nullptr;
  const query::Engine* engine = nullptr;
  query::RangeCache* range_cache = nullptr;  // null: every query is evaluated
  const base::Clock* clock = nullptr;
  // The descriptions of `metric`, or of every metric if it is empty, ordered by metric.
  std::function<std::vector<MetricDescription>(std::string_view metric)> describe;
};

// BackendSlot says whether the server can answer yet, or still. Thread-safe.
//
// The server listens before its store has recovered, and until it has drained: outside of that
// time API requests are answered 503.
class BackendSlot {
 public:
  // `backend` must outlive the last request.
  void SetReady(const ApiBackend* backend) { backend_.store(backend, std::memory_order_release); }
  void SetStopping() {
    stopping_.store(true, std::memory_order_release);
    backend_.store(nullptr, std::memory_order_release);
  }
  // Null unless ready.
  const ApiBackend* Get() const { return backend_.load(std::memory_order_acquire); }
  bool stopping() const { return stopping_.load(std::memory_order_acquire); }

 private:
  // Writer: the main thread. Readers: handlers. Publishes the backend's parts.
  std::atomic<const ApiBackend*> backend_{nullptr};
  std::atomic<bool> stopping_{false};
};

// 503 with the header X-Prometheus-Stopping.
HttpResponse NotReady(const BackendSlot& slot);

// Refuses requests while the server is not ready, before their bodies are read.
Admission WhenReady(const BackendSlot* slot);

using ApiHandler = std::function<HttpResponse(const ApiBackend&, const HttpRequest&)>;

// Calls `handler` with the backend, or answers that there is none.
SyncHandler WithBackend(const BackendSlot* slot, ApiHandler handler);

}  // namespace tidemark::server
