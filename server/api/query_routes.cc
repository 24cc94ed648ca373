#include "server/api/query_routes.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "query/api/ast_json.h"
#include "query/api/result_json.h"
#include "query/parser/parser.h"
#include "query/parser/printer.h"
#include "server/api/envelope.h"
#include "server/api/matrix_answer.h"
#include "server/api/param_values.h"
#include "server/api/query_limits.h"
#include "server/api/quick_route.h"
#include "server/api/routes_common.h"
#include "server/http/compress.h"
#include "server/http/form.h"

namespace tidemark::server {
namespace {

constexpr int64_t kNanosPerMs = 1'000'000;

// What instant and range queries have in common.
struct QueryRequest {
  std::string_view expr;
  size_t limit = 0;
  query::QueryOptions options;
  std::string_view stats;  // empty: not asked for
  int64_t queued_nanos = 0;
};

struct TimeRange {
  model::Timestamp start = 0;
  model::Timestamp end = 0;
  int64_t step_ms = 0;
};

HttpResponse QueryError(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return InvalidParameter("query", status);
    case absl::StatusCode::kFailedPrecondition:
      return ApiError(ApiErrorType::kExecution, base::Message(status));
    case absl::StatusCode::kDeadlineExceeded:
      return ApiError(ApiErrorType::kTimeout, base::Message(status));
    case absl::StatusCode::kCancelled:
      return ApiError(ApiErrorType::kCanceled, base::Message(status));
    default:
      return ApiError(ApiErrorType::kInternal, base::Message(status));
  }
}

// Reads limit, lookback_delta, timeout and stats. The time spent in the queue counts.
std::optional<HttpResponse> ReadCommon(const ApiBackend& backend, const HttpRequest& request,
                                       const FormValues& form, bool memory_only,
                                       QueryRequest* query) {
  const auto limit = ParseLimit(form.Get("limit"));
  if (!limit.ok()) {
    return InvalidParameter("limit", limit.status());
  }
  query->limit = *limit;
  int64_t timeout_ms = backend.engine->options().timeout_ms;
  if (const std::string_view text = form.Get("timeout"); !text.empty()) {
    const auto timeout = ParseApiDurationMs(text);
    if (!timeout.ok()) {
      return InvalidParameter("timeout", timeout.status());
    }
    timeout_ms = std::min(timeout_ms, *timeout);
  }
  if (const std::string_view text = form.Get("lookback_delta"); !text.empty()) {
    const auto lookback = ParseApiDurationMs(text);
    if (!lookback.ok()) {
      return InvalidParameter("lookback_delta", lookback.status());
    }
    query->options.lookback_ms = *lookback;
  }
  query->expr = form.Get("query");
  query->stats = form.Get("stats");
  query->options.count_samples = !query->stats.empty();
  query->options.cancelled = request.cancelled;
  query->queued_nanos = backend.clock->SteadyNanos() - request.received_nanos;
  timeout_ms -= query->queued_nanos / kNanosPerMs;
  query->options.timeout_ms = memory_only ? std::min(timeout_ms, kQuickTimeoutMs) : timeout_ms;
  query->options.memory_only = memory_only;
  if (timeout_ms <= 0) {
    return ApiError(ApiErrorType::kTimeout, "query timed out in query queue");
  }
  if (request.cancelled->load(std::memory_order_relaxed)) {
    return ApiError(ApiErrorType::kCanceled, "query was canceled in query queue");
  }
  return std::nullopt;
}

void AppendStepStats(const query::QueryStats& stats, std::string* json) {
  *json += R"("totalQueryableSamplesPerStep":[)";
  for (size_t i = 0; i < stats.per_step.size(); ++i) {
    *json += i == 0 ? "[" : ",[";
    query::AppendTime(stats.first_step + stats.step_ms * static_cast<int64_t>(i), json);
    fmt::format_to(std::back_inserter(*json), ",{}]", stats.per_step[i]);
  }
  *json += "],";
}

void AppendStats(const QueryRequest& query, const query::QueryStats& stats, int64_t nanos,
                 std::string* json) {
  const double seconds = static_cast<double>(nanos) * 1e-9;
  const double queued = static_cast<double>(query.queued_nanos) * 1e-9;
  *json += fmt::format(
      R"(,"stats":{{"timings":{{"evalTotalTime":{0},"resultSortTime":0,"queryPreparationTime":0,)"
      R"("innerEvalTime":{0},"execQueueTime":{1},"execTotalTime":{2}}},)"
      R"("samples":{{)",
      seconds, queued, seconds + queued);
  if (query.stats == "all") {
    AppendStepStats(stats, json);
  }
  const uint64_t total = std::accumulate(stats.per_step.begin(), stats.per_step.end(), uint64_t{0});
  fmt::format_to(std::back_inserter(*json),
                 R"("totalQueryableSamples":{},"samplesRead":{},"peakSamples":{}}}}})", total,
                 stats.samples_read, stats.peak_samples);
}

// Cuts what is more than the limit; true if there was any.
bool Truncate(size_t limit, query::QueryResult* result) {
  if (limit == 0 || std::max(result->vector.size(), result->matrix.size()) <= limit) {
    return false;
  }
  result->vector.resize(std::min(result->vector.size(), limit));
  result->matrix.resize(std::min(result->matrix.size(), limit));
  return true;
}

// None if the query is to be asked again without memory_only.
std::optional<HttpResponse> QueryAnswer(const ApiBackend& backend, const QueryRequest& query,
                                        int64_t began_nanos,
                                        absl::StatusOr<query::QueryResult> result) {
  if (!result.ok()) {
    return query.options.memory_only && NeedsWorker(result.status())
               ? std::nullopt
               : std::optional(QueryError(result.status()));
  }
  const int64_t nanos = backend.clock->SteadyNanos() - began_nanos;
  Annotations annotations{std::move(result->warnings), std::move(result->infos)};
  if (Truncate(query.limit, &*result)) {
    annotations.warnings.emplace_back(kTruncatedWarning);
  }
  if (!query.stats.empty() && query.stats != "true" && query.stats != "all") {
    annotations.warnings.push_back(fmt::format(
        "unknown value {} of parameter \"stats\", taken as \"true\"", Quoted(query.stats)));
  }
  return ApiSuccess(
      [&](std::string* json) {
        query::AppendQueryData(*result, json);
        if (!query.stats.empty()) {
          json->pop_back();  // the closing brace of the data
          AppendStats(query, result->stats, nanos, json);
          json->push_back('}');
        }
      },
      annotations);
}

std::optional<HttpResponse> InstantQuery(const ApiBackend& backend, const HttpRequest& request,
                                         const FormValues& form, bool memory_only) {
  QueryRequest query;
  if (auto refusal = ReadCommon(backend, request, form, memory_only, &query)) {
    return refusal;
  }
  model::Timestamp time = backend.clock->NowMs();
  if (const std::string_view text = form.Get("time"); !text.empty()) {
    const auto parsed = ParseTime(text);
    if (!parsed.ok()) {
      return InvalidParameter("time", parsed.status());
    }
    time = *parsed;
  }
  const int64_t began = backend.clock->SteadyNanos();
  return QueryAnswer(backend, query, began,
                     backend.engine->Instant(query.expr, time, query.options));
}

std::optional<HttpResponse> ReadRange(const FormValues& form, TimeRange* range) {
  const auto start = ParseTime(form.Get("start"));
  if (!start.ok()) {
    return InvalidParameter("start", start.status());
  }
  const auto end = ParseTime(form.Get("end"));
  if (!end.ok()) {
    return InvalidParameter("end", end.status());
  }
  if (*end < *start) {
    return InvalidParameter("end", "end timestamp must not be before start time");
  }
  const auto step = ParseApiDurationMs(form.Get("step"));
  if (!step.ok()) {
    return InvalidParameter("step", step.status());
  }
  if (*step <= 0) {
    return InvalidParameter("step",
                            "zero or negative query resolution step widths are not accepted. Try "
                            "a positive integer");
  }
  if (HasTooManySteps(*start, *end, *step)) {
    return ApiError(ApiErrorType::kBadData,
                    "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing "
                    "the query resolution (?step=XX)");
  }
  *range = {*start, *end, *step};
  return std::nullopt;
}

// What is told about the evaluation is about that of the whole query.
bool UsesCache(const ApiBackend& backend, const QueryRequest& query) {
  return backend.range_cache != nullptr && query.limit == 0 && query.stats.empty();
}

bool AcceptsGzip(const HttpRequest& request) {
  return ChooseEncoding(request.Header("Accept-Encoding")) == Encoding::kGzip;
}

absl::StatusOr<query::QueryResult> ResultOf(absl::StatusOr<query::RangeAnswer> answer) {
  RETURN_IF_ERROR(answer.status());
  return std::move(answer->result);
}

std::optional<HttpResponse> RangeQuery(const ApiBackend& backend, const HttpRequest& request,
                                       const FormValues& form, bool memory_only) {
  TimeRange range;
  if (auto refusal = ReadRange(form, &range)) {
    return refusal;
  }
  QueryRequest query;
  if (auto refusal = ReadCommon(backend, request, form, memory_only, &query)) {
    return refusal;
  }
  const int64_t began = backend.clock->SteadyNanos();
  if (UsesCache(backend, query)) {
    auto answer = backend.range_cache->Range({query.expr, range.start, range.end, range.step_ms},
                                             query.options);
    if (answer.ok() && answer->blocks != nullptr) {
      return MatrixResponse(*answer, AcceptsGzip(request));
    }
    return QueryAnswer(backend, query, began, ResultOf(std::move(answer)));
  }
  return QueryAnswer(
      backend, query, began,
      backend.engine->Range(query.expr, range.start, range.end, range.step_ms, query.options));
}

absl::StatusOr<query::ExprPtr> ParseAsEngine(const ApiBackend& backend, std::string_view text) {
  const query::EngineOptions& engine = backend.engine->options();
  return query::ParseExpr(text, {.experimental_functions = engine.enable_experimental,
                                 .binop_fill_modifiers = engine.enable_fill_modifiers,
                                 .extended_range_selectors = engine.enable_extended_ranges});
}

absl::StatusOr<query::ExprPtr> WithDurations(query::ExprPtr expr) {
  RETURN_IF_ERROR(query::ResolveDurations({}, expr.get()));
  return expr;
}

// Exemplars are not kept: a well-formed question has the answer "none".
HttpResponse QueryExemplars(const ApiBackend& backend, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  const auto extent = ReadExtent(*form);
  if (!extent.ok()) {
    return ApiError(ApiErrorType::kBadData, base::Message(extent.status()));
  }
  if (extent->max_time < extent->min_time) {
    return InvalidParameter("end", "end timestamp must not be before start time");
  }
  const auto expr = ParseAsEngine(backend, form->Get("query"));
  if (!expr.ok()) {
    return InvalidParameter("query", expr.status());
  }
  return ApiSuccess([](std::string* json) { *json += "[]"; });
}

HttpResponse FormatQuery(const ApiBackend& backend, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  const auto expr = ParseAsEngine(backend, form->Get("query"));
  if (!expr.ok()) {
    return InvalidParameter("query", expr.status());
  }
  return ApiSuccess(
      [&expr](std::string* json) { query::AppendJsonString(query::Prettify(**expr), json); });
}

HttpResponse ParseQuery(const ApiBackend& backend, const HttpRequest& request) {
  const auto form = FormValues::Parse(request);
  if (!form.ok()) {
    return MalformedForm(form.status());
  }
  auto expr = ParseAsEngine(backend, form->Get("query"));
  if (expr.ok()) {
    expr = WithDurations(*std::move(expr));
  }
  if (!expr.ok()) {
    return InvalidParameter("query", expr.status());
  }
  return ApiSuccess([&expr](std::string* json) { query::AppendAst(**expr, json); });
}

void AddQuestionRoute(std::string_view path, QuestionHandler handler, const BackendSlot* slot,
                      RouteTable* routes) {
  Route route = FormRoute(path, RunOn::kQueryPool, slot);
  SetQuestionHandler(std::move(handler), slot, &route);
  routes->Add(std::move(route));
}

}  // namespace

void AddQueryRoutes(const BackendSlot* slot, RouteTable* routes) {
  AddQuestionRoute("/api/v1/query", InstantQuery, slot, routes);
  AddQuestionRoute("/api/v1/query_range", RangeQuery, slot, routes);
  AddFormRoute("/api/v1/query_exemplars", RunOn::kApiPool, QueryExemplars, slot, routes);
  AddFormRoute("/api/v1/format_query", RunOn::kApiPool, FormatQuery, slot, routes);
  AddFormRoute("/api/v1/parse_query", RunOn::kApiPool, ParseQuery, slot, routes);
}

}  // namespace tidemark::server
