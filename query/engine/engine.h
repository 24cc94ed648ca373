// Engine evaluates PromQL over what a storage::Querier holds.
//
// An expression is evaluated for all steps of a range at once, node by node: the value of a node
// is a set of series, each with one column of numbers over the steps. An instant query is a range
// of one step. Design and order of reading: query/engine/README.md.
//
// Errors by code: InvalidArgument, the query itself is wrong (it does not parse, or has the wrong
// type for a range query); FailedPrecondition, its evaluation failed (matching, duplicate series,
// too many samples); DeadlineExceeded, it took longer than its timeout; Cancelled; anything else
// comes from the store, as Unavailable does when only memory is to be read.
//
// Large selections are computed by several threads (query/engine/series_rows.h); what a query gives
// does not depend on how many there are.
//
// Expressions are kept parsed for the next time they are asked (query/engine/parsed_queries.h).
//
// Thread-safe. Querier and clock must outlive the engine.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/helper_pool.h"
#include "model/sample.h"
#include "query/engine/query_result.h"
#include "query/parser/ast.h"
#include "storage/querier.h"

namespace tidemark::query {

struct EngineOptions {
  int64_t lookback_ms = 300'000;              // how old a sample an instant selector accepts
  int64_t default_subquery_step_ms = 60'000;  // of `expr[1h:]`
  int64_t timeout_ms = 120'000;
  size_t threads = 1;                   // that may work for one query; all queries share them
  size_t max_samples = 50'000'000;      // held at once by one query
  bool enable_experimental = false;     // functions and aggregations marked so
  bool enable_fill_modifiers = false;   // fill(), fill_left(), fill_right()
  bool enable_extended_ranges = false;  // anchored, smoothed
  bool delayed_name_removal = false;    // metric names are dropped at the end of the query
  // Ranges and look-back include their left end, and counters are extended to zero however far
  // away it is, as before Prometheus 3. For comparison only.
  bool as_prometheus_2 = false;
};

struct QueryOptions {
  std::optional<int64_t> lookback_ms;
  std::optional<int64_t> timeout_ms;             // may only shorten the engine's
  const std::atomic<bool>* cancelled = nullptr;  // set by any thread to stop the query
  bool count_samples = false;                    // for QueryStats::per_step; takes some time
  // By this thread alone and from memory alone: see storage::Selection::memory_only.
  bool memory_only = false;
};

// An expression parsed once to be evaluated often, as rules are. Immutable; thread-safe.
struct PreparedQuery {
  std::string text;
  ExprPtr expr;
};

class ParsedQueries;

class Engine {
 public:
  Engine(const storage::Querier* querier, const base::Clock* clock, const EngineOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // The value of `expr` at time `t`.
  absl::StatusOr<QueryResult> Instant(std::string_view expr, model::Timestamp t,
                                      const QueryOptions& options = {}) const;

  // The value of `expr` at start, start + step, ... up to `end`; always a matrix.
  absl::StatusOr<QueryResult> Range(std::string_view expr, model::Timestamp start,
                                    model::Timestamp end, int64_t step_ms,
                                    const QueryOptions& options = {}) const;

  // Parses `expr` for later instant evaluation.
  absl::StatusOr<PreparedQuery> Prepare(std::string_view expr) const;
  // As above; also over another store than the engine's, say a part of it.
  absl::StatusOr<QueryResult> Instant(const PreparedQuery& query, model::Timestamp t,
                                      const QueryOptions& options = {}) const;
  absl::StatusOr<QueryResult> Instant(const PreparedQuery& query, const storage::Querier& querier,
                                      model::Timestamp t, const QueryOptions& options = {}) const;

  const EngineOptions& options() const { return options_; }

 private:
  // `expr` parsed, its durations resolved for `times`.
  absl::StatusOr<std::shared_ptr<const PreparedQuery>> Parsed(std::string_view expr,
                                                              const QueryTimes& times) const;

  const storage::Querier* const querier_;
  const base::Clock* const clock_;
  const EngineOptions options_;
  const std::unique_ptr<base::HelperPool> helpers_;  // null if queries have one thread
  const std::unique_ptr<ParsedQueries> parsed_;
};

}  // namespace tidemark::query
