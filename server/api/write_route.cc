#include "server/api/write_route.h"

#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "server/http_status.h"

namespace tidemark::server {
namespace {

constexpr std::string_view kMediaType = "application/x-protobuf";
constexpr std::string_view kMessage = "prometheus.WriteRequest";

std::string_view CutUntil(std::string_view* text, char separator) {
  const size_t end = text->find(separator);
  const std::string_view part = text->substr(0, end);
  text->remove_prefix(end == std::string_view::npos ? text->size() : end + 1);
  return TrimBlanks(part);
}

// Whether `type` names the 1.0 message: no type at all, the bare media type, or with proto=.
bool IsWriteRequest(std::string_view type) {
  if (type.empty()) {
    return true;
  }
  if (!EqualsIgnoreCase(CutUntil(&type, ';'), kMediaType)) {
    return false;
  }
  while (!type.empty()) {
    std::string_view parameter = CutUntil(&type, ';');
    const std::string_view name = CutUntil(&parameter, '=');
    if (EqualsIgnoreCase(name, "proto") && parameter != kMessage) {
      return false;
    }
  }
  return true;
}

bool IsSnappy(std::string_view encoding) {
  return encoding.empty() || EqualsIgnoreCase(TrimBlanks(encoding), "snappy");
}

HttpResponse WriteAnswer(const absl::Status& status) {
  if (status.ok()) {
    HttpResponse done;
    done.status = 204;
    return done;
  }
  HttpResponse response = TextResponse(HttpStatusOf(status), base::Message(status));
  if (response.status == 503) {
    response.headers.emplace_back("Retry-After", "1");
  }
  return response;
}

std::optional<HttpResponse> RefuseByHead(const SinkSlot& slot, const BackendSlot& ready,
                                         const HttpRequest& request) {
  const SampleSink* sink = slot.Get();
  if (sink == nullptr) {
    return NotReady(ready);
  }
  const std::string_view type = request.Header("Content-Type");
  if (!IsWriteRequest(type)) {
    return TextResponse(415,
                        fmt::format("content type {} is not supported; send {}", type, kMediaType));
  }
  const std::string_view encoding = request.Header("Content-Encoding");
  if (!IsSnappy(encoding)) {
    return TextResponse(415,
                        fmt::format("content encoding {} is not supported; send snappy", encoding));
  }
  if (const absl::Status admitted = sink->Admit(); !admitted.ok()) {
    return WriteAnswer(admitted);
  }
  return std::nullopt;
}

void Write(const SinkSlot& slot, const BackendSlot& ready, const HttpRequest& request,
           Responder respond) {
  SampleSink* sink = slot.Get();
  if (sink == nullptr) {
    return respond(NotReady(ready));
  }
  sink->Write(request.io_thread, request.body,
              [respond = std::move(respond)](const absl::Status& status) mutable {
                respond(WriteAnswer(status));
              });
}

}  // namespace

void AddWriteRoute(const WriteRouteOptions& options, const SinkSlot* sink, const BackendSlot* ready,
                   RouteTable* routes) {
  Route route;
  route.path = "/api/v1/write";
  route.methods = {Method::kPost};
  route.body_limit = options.max_request_bytes;
  if (options.enabled) {
    route.admission = [sink, ready](const HttpRequest& request) {
      return RefuseByHead(*sink, *ready, request);
    };
  } else {
    route.admission = [](const HttpRequest&) -> std::optional<HttpResponse> {
      return TextResponse(
          404, "remote write is off; start the server with --web.enable-remote-write-receiver");
    };
  }
  route.async_handler = [sink, ready](const HttpRequest& request, Responder respond) {
    Write(*sink, *ready, request, std::move(respond));
  };
  routes->Add(std::move(route));
}

}  // namespace tidemark::server
