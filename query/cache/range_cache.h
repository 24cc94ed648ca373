// RangeCache answers range queries, and keeps what was computed for the next one.
//
// For an expression, a step and the place of its steps on the grid it keeps one run of steps. The
// next query that begins inside the run has only the steps behind it evaluated. What the store's
// ChangeLog has noted since (samples written, late or not, deleted, dropped) cuts the run at the
// oldest of them first, so an answer is the one that evaluating everything would give.
//
// Not kept: steps that depend on more than the samples before them (query/cache/step_locality.h),
// results with warnings or infos, which belong to the query as a whole, results larger than a
// quarter of the cache, anything from a store that tells of no changes.
//
// Thread-safe; holds its lock for look-ups only. Engine and querier must outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/string_map.h"
#include "query/cache/result_blocks.h"
#include "query/engine/engine.h"
#include "storage/querier.h"

namespace tidemark::query {

// What is asked for: `expr` at start, start + step, ... up to end.
struct RangeRequest {
  std::string_view expr;
  model::Timestamp start = 0;
  model::Timestamp end = 0;
  int64_t step_ms = 0;
};

// Either `blocks`, of which the steps [first, last] are the answer, or, when it is null, `result`.
struct RangeAnswer {
  std::shared_ptr<const ResultBlocks> blocks;
  int64_t first = 0;
  int64_t last = 0;
  QueryResult result;
};

class RangeCache {
 public:
  // At most about `max_bytes` are kept; 0 keeps nothing.
  RangeCache(const Engine* engine, const storage::Querier* querier, size_t max_bytes,
             base::MetricsRegistry* metrics);

  absl::StatusOr<RangeAnswer> Range(const RangeRequest& request, const QueryOptions& options)
      ABSL_LOCKS_EXCLUDED(mu_);

  size_t bytes() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Steps that were computed, and when.
  struct Kept {
    std::shared_ptr<const ResultBlocks> blocks;
    uint64_t mark = 0;     // of the ChangeLog
    int64_t reach_ms = 0;  // see ReachOfSteps
  };
  struct Entry {
    std::string key;
    Kept kept;
    size_t bytes = 0;
  };
  using Entries = std::list<Entry>;

  Kept Find(std::string_view key) ABSL_LOCKS_EXCLUDED(mu_);
  void Put(const std::string& key, Kept kept) ABSL_LOCKS_EXCLUDED(mu_);
  void Drop(Entries::iterator entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // The first step that the run does not have, or that does not hold any more.
  int64_t ValidUntil(const Kept& kept) const;
  // Whether nothing that the steps from `start` on rest on is about to vanish.
  bool IsKeptLongEnough(model::Timestamp start, int64_t reach_ms) const;
  // As ReachOfSteps.
  std::optional<int64_t> ReachOf(std::string_view expr, const QueryOptions& options) const;
  absl::StatusOr<QueryResult> Evaluate(const RangeRequest& request,
                                       const QueryOptions& options) const;
  // Evaluates all steps and keeps them, if they may be kept.
  absl::StatusOr<RangeAnswer> Begin(const RangeRequest& request, const QueryOptions& options,
                                    const std::string& key) ABSL_LOCKS_EXCLUDED(mu_);
  // Evaluates the steps from `cut` on, those before being in `kept`.
  absl::StatusOr<RangeAnswer> GoOn(const RangeRequest& request, const QueryOptions& options,
                                   const std::string& key, const Kept& kept, int64_t cut)
      ABSL_LOCKS_EXCLUDED(mu_);

  const Engine* const engine_;
  const storage::Querier* const querier_;
  const size_t max_bytes_;
  base::Counter* const hits_;
  base::Counter* const extensions_;
  base::Counter* const misses_;
  base::Counter* const evictions_;

  mutable base::Mutex mu_;
  Entries entries_ ABSL_GUARDED_BY(mu_);  // that last used first
  absl::flat_hash_map<std::string_view, Entries::iterator, base::StringViewHash, std::equal_to<>>
      index_ ABSL_GUARDED_BY(mu_);
  size_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace tidemark::query
