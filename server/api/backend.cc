#include "server/api/backend.h"

#include <utility>

namespace tidemark::server {

HttpResponse NotReady(const BackendSlot& slot) {
  HttpResponse response = TextResponse(503, "Service Unavailable");
  response.headers.emplace_back("X-Prometheus-Stopping", slot.stopping() ? "true" : "false");
  return response;
}

Admission WhenReady(const BackendSlot* slot) {
  return [slot](const HttpRequest&) -> std::optional<HttpResponse> {
    if (slot->Get() == nullptr) {
      return NotReady(*slot);
    }
    return std::nullopt;
  };
}

SyncHandler WithBackend(const BackendSlot* slot, ApiHandler handler) {
  return [slot, handler = std::move(handler)](const HttpRequest& request) {
    const ApiBackend* backend = slot->Get();
    return backend == nullptr ? NotReady(*slot) : handler(*backend, request);
  };
}

}  // namespace tidemark::server
