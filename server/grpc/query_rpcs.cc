#include "server/grpc/query_rpcs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "proto/tidemark/v1/query.grpc.pb.h"
#include "server/api/query_limits.h"
#include "server/grpc/message_text.h"
#include "server/grpc/query_messages.h"

namespace tidemark::server {
namespace {

// The caller's and the server's time, whichever is over first. What was spent waiting for a turn
// counts: the caller's deadline is a moment, and the server's is taken from when the RPC came.
absl::StatusOr<query::QueryOptions> OptionsOf(const ApiBackend& backend, int64_t came_nanos,
                                              const grpc::ServerContextBase& context,
                                              std::optional<int64_t> lookback_ms,
                                              const CancelFlag& cancelled) {
  const int64_t waited_ms = (backend.clock->SteadyNanos() - came_nanos) / 1'000'000;
  query::QueryOptions options;
  options.timeout_ms =
      std::min(backend.engine->options().timeout_ms - waited_ms, TimeLeftMs(context));
  options.lookback_ms = lookback_ms;
  options.cancelled = &cancelled;
  if (*options.timeout_ms <= 0) {
    return absl::DeadlineExceededError("query timed out in query queue");
  }
  if (lookback_ms.has_value() && *lookback_ms <= 0) {
    return absl::InvalidArgumentError("lookback_ms must be above 0");
  }
  return options;
}

absl::Status CheckRange(const v1::QueryRangeRequest& request) {
  if (request.end_ms() < request.start_ms()) {
    return absl::InvalidArgumentError("end_ms must not be before start_ms");
  }
  if (request.step_ms() <= 0) {
    return absl::InvalidArgumentError("step_ms must be above 0");
  }
  if (HasTooManySteps(request.start_ms(), request.end_ms(), request.step_ms())) {
    return absl::InvalidArgumentError("more than 11,000 steps; take a longer step_ms");
  }
  return absl::OkStatus();
}

template <typename Request>
std::optional<int64_t> LookbackOf(const Request& request) {
  return request.has_lookback_ms() ? std::optional<int64_t>(request.lookback_ms()) : std::nullopt;
}

// Gives a result series by series, and lets go of each that was given.
class SeriesBySeries {
 public:
  explicit SeriesBySeries(query::QueryResult result) : result_(std::move(result)) {}

  bool operator()(v1::QueryRangeResponse* message) {
    if (next_ < result_.matrix.size()) {
      SetSeries(result_.matrix[next_], message->mutable_series());
      result_.matrix[next_++] = {};
      return true;
    }
    for (const std::string& warning : result_.warnings) {
      message->add_warnings(Utf8Text(warning));
    }
    result_.warnings.clear();
    return message->warnings_size() > 0;
  }

 private:
  query::QueryResult result_;
  size_t next_ = 0;
};

class QueryRpcs final : public v1::QueryService::CallbackService {
 public:
  explicit QueryRpcs(const ServiceParts& parts) : parts_(parts) {}

 private:
  using Context = grpc::CallbackServerContext;
  using RangeStream = ListStream<v1::QueryRangeResponse>;

  grpc::ServerUnaryReactor* Query(Context* context, const v1::QueryRequest* request,
                                  v1::QueryResponse* response) override {
    const int64_t came = parts_.clock->SteadyNanos();
    return UnaryCall::Run(parts_.queries, RpcMethod::kQuery, context,
                          [=, this](const CancelFlag& cancelled) {
                            return Instant(*context, came, *request, cancelled, response);
                          });
  }

  grpc::ServerWriteReactor<v1::QueryRangeResponse>* QueryRange(
      Context* context, const v1::QueryRangeRequest* request) override {
    const int64_t came = parts_.clock->SteadyNanos();
    return RangeStream::Run(parts_.queries, RpcMethod::kQueryRange, context,
                            [=, this](const CancelFlag& cancelled) {
                              return Range(*context, came, *request, cancelled);
                            });
  }

  absl::Status Instant(const Context& context, int64_t came, const v1::QueryRequest& request,
                       const CancelFlag& cancelled, v1::QueryResponse* response) const {
    const ApiBackend* const backend = parts_.slot->Get();
    if (backend == nullptr) {
      return NotReadyStatus(*parts_.slot);
    }
    ASSIGN_OR_RETURN(const query::QueryOptions options,
                     OptionsOf(*backend, came, context, LookbackOf(request), cancelled));
    const model::Timestamp t = request.has_time_ms() ? request.time_ms() : backend->clock->NowMs();
    ASSIGN_OR_RETURN(const query::QueryResult result,
                     backend->engine->Instant(request.query(), t, options));
    *response = ResponseOf(result);
    if (const size_t bytes = response->ByteSizeLong(); bytes > parts_.max_answer_bytes) {
      response->Clear();
      return absl::ResourceExhaustedError(
          fmt::format("the answer has {} bytes, and at most {} go into one; QueryRange with "
                      "start_ms = end_ms gives it series by series",
                      bytes, parts_.max_answer_bytes));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<RangeStream::Next> Range(const Context& context, int64_t came,
                                          const v1::QueryRangeRequest& request,
                                          const CancelFlag& cancelled) const {
    const ApiBackend* const backend = parts_.slot->Get();
    if (backend == nullptr) {
      return NotReadyStatus(*parts_.slot);
    }
    RETURN_IF_ERROR(CheckRange(request));
    ASSIGN_OR_RETURN(const query::QueryOptions options,
                     OptionsOf(*backend, came, context, LookbackOf(request), cancelled));
    ASSIGN_OR_RETURN(query::QueryResult result,
                     backend->engine->Range(request.query(), request.start_ms(), request.end_ms(),
                                            request.step_ms(), options));
    return RangeStream::Next(SeriesBySeries(std::move(result)));
  }

  const ServiceParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewQueryRpcs(const ServiceParts& parts) {
  return std::make_unique<QueryRpcs>(parts);
}

}  // namespace tidemark::server
