#include "query/cache/range_cache.h"

#include <algorithm>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "query/cache/step_locality.h"
#include "storage/change_log.h"

namespace tidemark::query {
namespace {

// Times beyond are nobody's data; within them, steps can be numbered without overflow.
constexpr model::Timestamp kFarthest = int64_t{1} << 53;

constexpr size_t kLargestPart = 4;  // of the cache, that one entry may take

std::string KeyOf(const RangeRequest& request, const NumberedGrid& grid,
                  const QueryOptions& options) {
  return fmt::format("{} {} {} {}", grid.step_ms, grid.origin, options.lookback_ms.value_or(0),
                     request.expr);
}

bool CanBeNumbered(const RangeRequest& request) {
  return request.step_ms > 0 && request.start > -kFarthest && request.start <= request.end &&
         request.end < kFarthest;
}

bool HasAnnotations(const QueryResult& result) {
  return !result.warnings.empty() || !result.infos.empty();
}

// Where the run that replaces `kept` begins: what nobody asks for any more is left behind, when it
// is more than what is asked for.
int64_t FirstToKeep(const ResultBlocks& kept, int64_t first, int64_t last) {
  const int64_t asked = last - first + 1;
  const int64_t block_begin = ResultBlock::BlockOf(first) * ResultBlock::kSteps;
  return first - kept.first() > asked ? std::max(kept.first(), block_begin) : kept.first();
}

}  // namespace

RangeCache::RangeCache(const Engine* engine, const storage::Querier* querier, size_t max_bytes,
                       base::MetricsRegistry* metrics)
    : engine_(engine),
      querier_(querier),
      max_bytes_(max_bytes),
      hits_(metrics->AddCounter("tidemark_query_cache_hits_total",
                                "Range queries answered from kept steps alone.")),
      extensions_(
          metrics->AddCounter("tidemark_query_cache_extensions_total",
                              "Range queries of which only the steps at the end were evaluated.")),
      misses_(metrics->AddCounter("tidemark_query_cache_misses_total",
                                  "Range queries of which all steps were evaluated.")),
      evictions_(metrics->AddCounter("tidemark_query_cache_evictions_total",
                                     "Kept results that made room for others.")) {
  metrics->AddGaugeCallback("tidemark_query_cache_bytes", "Memory of kept results.",
                            [this] { return static_cast<double>(bytes()); });
}

absl::StatusOr<RangeAnswer> RangeCache::Range(const RangeRequest& request,
                                              const QueryOptions& options) {
  if (max_bytes_ == 0 || querier_->changes() == nullptr || !CanBeNumbered(request)) {
    RangeAnswer answer;
    ASSIGN_OR_RETURN(answer.result, Evaluate(request, options));
    return answer;
  }
  const auto grid = NumberedGrid::Through(request.start, request.step_ms);
  const int64_t first = grid.NumberOf(request.start);
  const int64_t last = first + (request.end - request.start) / request.step_ms;
  const std::string key = KeyOf(request, grid, options);
  const Kept kept = Find(key);
  if (kept.blocks == nullptr || !IsKeptLongEnough(request.start, kept.reach_ms)) {
    return Begin(request, options, key);
  }
  const int64_t cut = ValidUntil(kept);
  if (first < kept.blocks->first() || first >= cut) {
    return Begin(request, options, key);
  }
  if (last < cut) {
    hits_->Add();
    return RangeAnswer{kept.blocks, first, last, {}};
  }
  return GoOn(request, options, key, kept, cut);
}

absl::StatusOr<QueryResult> RangeCache::Evaluate(const RangeRequest& request,
                                                 const QueryOptions& options) const {
  return engine_->Range(request.expr, request.start, request.end, request.step_ms, options);
}

absl::StatusOr<RangeAnswer> RangeCache::Begin(const RangeRequest& request,
                                              const QueryOptions& options, const std::string& key) {
  misses_->Add();
  Kept kept;
  kept.mark = querier_->changes()->Now();
  RangeAnswer answer;
  ASSIGN_OR_RETURN(answer.result, Evaluate(request, options));
  const std::optional<int64_t> reach_ms = ReachOf(request.expr, options);
  if (!reach_ms || HasAnnotations(answer.result) || !IsKeptLongEnough(request.start, *reach_ms)) {
    return answer;
  }
  const auto grid = NumberedGrid::Through(request.start, request.step_ms);
  answer.first = grid.NumberOf(request.start);
  answer.last = answer.first + (request.end - request.start) / request.step_ms;
  kept.reach_ms = *reach_ms;
  kept.blocks =
      ResultBlocks::Join(grid, nullptr, answer.first, answer.first, answer.result, answer.last);
  answer.blocks = kept.blocks;
  answer.result = {};
  Put(key, std::move(kept));
  return answer;
}

absl::StatusOr<RangeAnswer> RangeCache::GoOn(const RangeRequest& request,
                                             const QueryOptions& options, const std::string& key,
                                             const Kept& kept, int64_t cut) {
  Kept longer;
  longer.mark = querier_->changes()->Now();
  longer.reach_ms = kept.reach_ms;
  const NumberedGrid& grid = kept.blocks->grid();
  RangeAnswer answer;
  answer.first = grid.NumberOf(request.start);
  answer.last = answer.first + (request.end - request.start) / request.step_ms;
  // Changes between the look at the kept steps and the mark are behind the one and before the
  // other.
  cut = std::min(cut, ValidUntil(kept));
  if (cut <= answer.first) {
    return Begin(request, options, key);
  }
  RangeRequest rest = request;
  rest.start = grid.At(cut);
  rest.end = grid.At(answer.last);
  ASSIGN_OR_RETURN(const QueryResult fresh, Evaluate(rest, options));
  if (HasAnnotations(fresh)) {
    return Begin(request, options, key);
  }
  extensions_->Add();
  longer.blocks = ResultBlocks::Join(grid, kept.blocks.get(),
                                     FirstToKeep(*kept.blocks, answer.first, answer.last), cut,
                                     fresh, answer.last);
  answer.blocks = longer.blocks;
  Put(key, std::move(longer));
  return answer;
}

int64_t RangeCache::ValidUntil(const Kept& kept) const {
  const model::Timestamp changed = querier_->changes()->OldestSince(kept.mark);
  const int64_t end = kept.blocks->last() + 1;
  const NumberedGrid& grid = kept.blocks->grid();
  if (changed > grid.At(kept.blocks->last())) {
    return end;
  }
  return changed <= grid.At(kept.blocks->first()) ? kept.blocks->first() : grid.NumberFrom(changed);
}

bool RangeCache::IsKeptLongEnough(model::Timestamp start, int64_t reach_ms) const {
  const model::Timestamp kept_from = querier_->kept_from();
  return kept_from == model::kMinTimestamp || start - reach_ms >= kept_from;
}

std::optional<int64_t> RangeCache::ReachOf(std::string_view expr,
                                           const QueryOptions& options) const {
  const auto query = engine_->Prepare(expr);
  if (!query.ok()) {
    return std::nullopt;
  }
  const EngineOptions& engine = engine_->options();
  const int64_t asked = options.lookback_ms.value_or(0);
  return ReachOfSteps(*query->expr, asked > 0 ? asked : engine.lookback_ms,
                      engine.default_subquery_step_ms);
}

RangeCache::Kept RangeCache::Find(std::string_view key) {
  base::MutexLock lock(&mu_);
  const auto found = index_.find(key);
  if (found == index_.end()) {
    return {};
  }
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->kept;
}

void RangeCache::Put(const std::string& key, Kept kept) {
  const size_t bytes = sizeof(Entry) + 2 * key.size() + kept.blocks->bytes();
  base::MutexLock lock(&mu_);
  if (const auto found = index_.find(std::string_view(key)); found != index_.end()) {
    Drop(found->second);
  }
  if (bytes > max_bytes_ / kLargestPart) {
    return;
  }
  entries_.push_front({key, std::move(kept), bytes});
  index_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  while (bytes_ > max_bytes_) {
    Drop(std::prev(entries_.end()));
    evictions_->Add();
  }
}

void RangeCache::Drop(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  index_.erase(entry->key);
  entries_.erase(entry);
}

size_t RangeCache::bytes() const {
  base::MutexLock lock(&mu_);
  return bytes_;
}

}  // namespace tidemark::query
