#include "query/engine/eval_context.h"

#include <algorithm>

#include "base/string_map.h"

namespace tidemark::query {
namespace {

constexpr int64_t kNanosPerMs = 1'000'000;

int64_t TimeoutMs(const EngineOptions& engine, const QueryOptions& query) {
  return std::min(engine.timeout_ms, query.timeout_ms.value_or(engine.timeout_ms));
}

int64_t LookbackMs(const EngineOptions& engine, const QueryOptions& query) {
  const int64_t asked = query.lookback_ms.value_or(0);
  return asked > 0 ? asked : engine.lookback_ms;
}

absl::Status TooManySamples() {
  return ExecutionError(
      "query processing would load too many samples into memory in query execution");
}

}  // namespace

EvalContext::EvalContext(const storage::Querier& querier, const base::Clock& clock,
                         const EngineOptions& engine, const QueryOptions& query_options,
                         std::string_view query, const StepGrid& times, model::Timestamp end,
                         base::HelperPool* helpers)
    : querier_(querier),
      engine_(engine),
      times_(times),
      query_end_(end),
      lookback_ms_(LookbackMs(engine, query_options)),
      memory_only_(query_options.memory_only),
      helpers_(memory_only_ ? nullptr : helpers),
      meter_(clock, clock.SteadyNanos() + TimeoutMs(engine, query_options) * kNanosPerMs,
             query_options.cancelled),
      budget_(engine.max_samples),
      annotations_(query),
      samples_at_(query_options.count_samples && times.count <= engine.max_samples ? times.count
                                                                                   : 0) {}

absl::Status EvalContext::Check() {
  absl::Status status = meter_.Check();
  return budget_.exceeded() && status.ok() ? TooManySamples() : status;
}

absl::Status EvalContext::CheckSteps(const StepGrid& steps) const {
  return steps.count > engine_.max_samples ? TooManySamples() : absl::OkStatus();
}

absl::Status ExecutionError(std::string_view text) {
  return absl::FailedPreconditionError(base::ToAbsl(text));
}

}  // namespace tidemark::query
