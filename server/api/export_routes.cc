#include "server/api/export_routes.h"

#include <utility>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/remote_read/remote_read.h"
#include "server/api/federate.h"
#include "server/api/routes_common.h"
#include "server/http/form.h"
#include "snappy.h"

namespace tidemark::server {
namespace {

// Bytes of a read request, packed and unpacked: matchers only.
constexpr size_t kMaxReadRequestBytes = 8u << 20;

HttpResponse PlainError(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return TextResponse(400, base::Message(status));
    case absl::StatusCode::kCancelled:
      return TextResponse(499, base::Message(status));
    default:
      return TextResponse(500, base::Message(status));
  }
}

absl::StatusOr<std::string> Unpack(std::string_view body) {
  size_t size = 0;
  std::string unpacked;
  if (!snappy::GetUncompressedLength(body.data(), body.size(), &size) ||
      size > kMaxReadRequestBytes || !snappy::Uncompress(body.data(), body.size(), &unpacked)) {
    return absl::InvalidArgumentError("the body is not a snappy block of acceptable size");
  }
  return unpacked;
}

HttpResponse ReadResponse(query::RemoteReadAnswer answer) {
  HttpResponse response;
  if (answer.streamed) {
    response.content_type = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
    response.body = std::move(answer.body);
    return response;
  }
  response.content_type = "application/x-protobuf";
  response.headers.emplace_back("Content-Encoding", "snappy");
  snappy::Compress(answer.body.data(), answer.body.size(), &response.body);
  return response;
}

HttpResponse RemoteRead(const ApiBackend& backend, const HttpRequest& request) {
  const auto unpacked = Unpack(request.body);
  if (!unpacked.ok()) {
    return PlainError(unpacked.status());
  }
  query::RemoteReadOptions options;
  options.max_samples = backend.engine->options().max_samples;
  options.cancelled = request.cancelled;
  auto answer = query::AnswerRemoteRead(*backend.querier, *unpacked, options);
  return answer.ok() ? ReadResponse(*std::move(answer)) : PlainError(answer.status());
}

HttpResponse Federate(const ApiBackend& backend, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return TextResponse(400,
                        fmt::format("error parsing form values: {}", base::Message(form.status())));
  }
  const auto selectors = ReadSelectors(*form);
  if (!selectors.ok()) {
    return PlainError(selectors.status());
  }
  auto text =
      FederateText(*backend.querier, *selectors, backend.clock->NowMs(),
                   backend.engine->options().lookback_ms, NameStyleOf(request.Header("Accept")));
  if (!text.ok()) {
    return PlainError(text.status());
  }
  HttpResponse response;
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  response.body = *std::move(text);
  return response;
}

}  // namespace

void AddExportRoutes(const BackendSlot* slot, RouteTable* routes) {
  Route read;
  read.path = "/api/v1/read";
  read.methods = {Method::kPost};
  read.run_on = RunOn::kQueryPool;
  read.body_limit = kMaxReadRequestBytes;
  read.admission = WhenReady(slot);
  read.handler = WithBackend(slot, RemoteRead);
  routes->Add(std::move(read));
  AddGetRoute("/federate", Federate, slot, routes);
}

}  // namespace tidemark::server
