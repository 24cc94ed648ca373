#include "storage/db.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "storage/backup/snapshot.h"
#include "storage/db_series_set.h"
#include "storage/journal_records.h"
#include "storage/recovery.h"

namespace tidemark::storage {
namespace {

constexpr int64_t kUpkeepIntervalMs = 250;
constexpr int64_t kRetryMs = 10'000;  // behind a failed sweep

uint64_t RandomSeed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

// Of two sorted lists.
std::vector<std::string> Union(const std::vector<std::string>& a,
                               const std::vector<std::string>& b) {
  std::vector<std::string> both;
  both.reserve(std::max(a.size(), b.size()));
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both));
  return both;
}

}  // namespace

Db::Db(const DbOptions& options, const DbDeps& deps)
    : options_(options),
      deps_(deps),
      own_fs_(deps.fs == nullptr ? base::NewPosixFileSystem() : nullptr),
      fs_(deps.fs == nullptr ? own_fs_.get() : deps.fs),
      head_(RandomSeed()) {}

Db::~Db() { StopThreads(); }

void Db::StopThreads() {
  {
    base::MutexLock lock(&upkeep_mu_);
    stopping_ = true;
    stop_rewrites_.store(true, std::memory_order_relaxed);
    upkeep_wake_.SignalAll();
  }
  for (std::thread* thread : {&upkeep_, &consolidation_}) {
    if (thread->joinable()) {
      thread->join();
    }
  }
}

absl::StatusOr<std::unique_ptr<Db>> Db::Open(const DbOptions& options, const DbDeps& deps) {
  std::unique_ptr<Db> db(new Db(options, deps));
  RETURN_IF_ERROR(base::Annotate(db->Init(), fmt::format("open store {}", options.path)));
  return db;
}

absl::Status Db::Init() {
  RETURN_IF_ERROR(fs_->CreateDir(options_.path));
  ASSIGN_OR_RETURN(store_, RocksStore::Open(options_.path + "/rocksdb", options_.store,
                                            {deps_.logger, deps_.metrics}));
  ASSIGN_OR_RETURN(cold_, ColdIndex::Open(store_.get()));
  RETURN_IF_ERROR(OpenJournal());
  {
    base::MutexLock lock(&sweep_mu_);
    ASSIGN_OR_RETURN(sweeper_, Sweeper::Create({&head_, &new_series_, &metadata_, journal_.get(),
                                                store_.get(), deps_.clock, deps_.metrics}));
    evictor_ = std::make_unique<Evictor>(
        Evictor::Parts{&head_, cold_.get(), deps_.clock, deps_.metrics, &arrivals_},
        options_.inactive_after_ms);
  }
  RETURN_IF_ERROR(OpenConsolidator());
  RegisterMetrics();
  upkeep_ = std::thread([this] { Upkeep(); });
  if (options_.consolidation_interval_ms > 0) {
    consolidation_ = std::thread([this] { Consolidate(); });
  }
  return absl::OkStatus();
}

absl::Status Db::OpenConsolidator() {
  const auto select = [this](std::span<const model::Matcher> matchers) {
    return RefsOf({model::kMinTimestamp, model::kMaxTimestamp, matchers});
  };
  RetentionPolicy policy(options_.retention_ms, options_.retention_rules);
  longest_keep_ms_.store(policy.longest_ms(), std::memory_order_relaxed);
  ASSIGN_OR_RETURN(consolidator_, Consolidator::Create({store_.get(), deps_.clock, deps_.logger,
                                                        deps_.metrics, select},
                                                       options_.consolidation, std::move(policy)));
  return absl::OkStatus();
}

absl::StatusOr<SeriesBitmap> Db::RefsOf(const Selection& selection) const {
  ASSIGN_OR_RETURN(const std::vector<SeriesKey> keys, MatchingSeries(selection));
  SeriesBitmap refs;
  for (const SeriesKey& key : keys) {
    refs.add(key.series);
  }
  return refs;
}

absl::Status Db::OpenJournal() {
  const std::string dir = options_.path + "/journal";
  ASSIGN_OR_RETURN(const JournalStart start,
                   Recover(*store_, *cold_, dir, {&head_, &new_series_, &metadata_},
                           {fs_, deps_.logger, deps_.metrics, deps_.clock}));
  JournalOptions journal;
  journal.dir = dir;
  journal.sync = options_.sync;
  journal.interval_ms = options_.sync_interval_ms;
  journal.segment_bytes = options_.journal_segment_bytes;
  journal.max_pending_bytes = options_.max_pending_journal_bytes;
  journal.rejournal = [this] { return RejournaledDefinitions(); };
  ASSIGN_OR_RETURN(journal_,
                   Journal::Open(journal, start, {fs_, deps_.clock, deps_.logger, deps_.metrics}));
  return absl::OkStatus();
}

std::string Db::RejournaledDefinitions() const {
  const base::EpochDomain::Guard guard(head_.epochs());
  JournalRecordWriter definitions;
  for (const HeadSeries* series : new_series_.List()) {
    definitions.AddSeries({series->ref(), series->metric(), series->labels()});
  }
  return definitions.Take();
}

void Db::RegisterMetrics() {
  base::MetricsRegistry* const metrics = deps_.metrics;
  const auto gauge = [metrics](std::string_view name, std::string_view help, auto read) {
    metrics->AddGaugeCallback(name, help, [read] { return static_cast<double>(read()); });
  };
  gauge("tidemark_head_series", "Series in memory.", [this] { return head_.series_count(); });
  gauge("tidemark_cold_series", "Series that have left memory and are still stored.",
        [this] { return cold_->series_count(); });
  gauge("tidemark_cold_groups", "Weeks that series out of memory are grouped by.",
        [this] { return cold_->group_count(); });
  gauge("tidemark_head_bytes", "Memory of series, labels and the lookup table.",
        [this] { return head_.bytes(); });
  gauge("tidemark_head_oldest_guard_age",
        "Epochs that the oldest running query or request holds back memory for.",
        [this] { return head_.epochs()->oldest_guard_age(); });
  gauge("tidemark_index_label_pairs", "Distinct label pairs.",
        [this] { return head_.index().pair_count(); });
  gauge("tidemark_journal_unswept_bytes",
        "Bytes that the journal has grown by since the last sweep began.",
        [this] { return journal_->bytes_since_cut(); });
  gauge("tidemark_store_disk_bytes", "Bytes of the persisted store's files.",
        [this] { return store_->DiskBytes(); });
  gauge("tidemark_store_memory_bytes", "Memory of the persisted store's write buffers.",
        [this] { return store_->MemoryBytes(); });
}

absl::Status Db::Close() {
  StopThreads();
  absl::Status status = base::Annotate(Sweep(), "last sweep");
  status.Update(journal_->Close());
  status.Update(store_->Close());
  return status;
}

absl::Status Db::Sweep() {
  RETURN_IF_ERROR(SweepOnce(Pace::kFull).status());
  base::MutexLock lock(&rewrite_mu_);
  return DropExpired();
}

// Returns the number of the sweep.
absl::StatusOr<uint32_t> Db::SweepOnce(Pace pace) {
  base::MutexLock lock(&sweep_mu_);
  RETURN_IF_ERROR(sweeper_->Sweep(pace));
  if (options_.inactive_after_ms > 0) {
    RETURN_IF_ERROR(evictor_->Run(pace));
  }
  return sweeper_->sequence();
}

absl::Status Db::ConsolidateDue() {
  base::MutexLock lock(&rewrite_mu_);
  return consolidator_->RewriteDue(Pace::kFull, stop_rewrites_);
}

absl::Status Db::Flush() {
  RETURN_IF_ERROR(SweepOnce(Pace::kFull).status());
  base::MutexLock lock(&rewrite_mu_);
  RETURN_IF_ERROR(consolidator_->RewriteAll());
  RETURN_IF_ERROR(store_->CompactChunks(nullptr));
  return store_->Flush();
}

void Db::NoteGone(model::Timestamp newest) {
  model::Timestamp before = newest_deleted_.load(std::memory_order_relaxed);
  while (before < newest &&
         !newest_deleted_.compare_exchange_weak(before, newest, std::memory_order_release,
                                                std::memory_order_relaxed)) {
  }
}

absl::Status Db::DeleteSeries(std::span<const std::vector<model::Matcher>> selectors,
                              model::Timestamp min_time, model::Timestamp max_time) {
  NoteGone(std::min(max_time, AcceptedTimes().newest));
  // Everything that is there is brought into the store, where the sweep's number tells it from what
  // comes later.
  Tombstone tombstone;
  ASSIGN_OR_RETURN(tombstone.sequence, SweepOnce(Pace::kFull));
  tombstone.min_time = min_time;
  tombstone.max_time = max_time;
  for (const std::vector<model::Matcher>& matchers : selectors) {
    ASSIGN_OR_RETURN(const SeriesBitmap series, RefsOf({min_time, max_time, matchers}));
    tombstone.series |= series;
  }
  ASSIGN_OR_RETURN(const std::vector<int64_t> sealed, store_->SealedBuckets());
  ASSIGN_OR_RETURN(const std::vector<int64_t> unsealed, store_->UnsealedBuckets());
  std::set_union(sealed.begin(), sealed.end(), unsealed.begin(), unsealed.end(),
                 std::back_inserter(tombstone.buckets));
  std::erase_if(tombstone.buckets, [min_time, max_time](int64_t bucket) {
    return bucket < BucketOf(min_time) || bucket > BucketOf(max_time);
  });
  if (tombstone.series.isEmpty() || tombstone.buckets.empty()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(consolidator_->AddTombstone(std::move(tombstone)));
  changes_.Note(min_time);
  return store_->Flush();
}

absl::Status Db::CleanTombstones() {
  base::MutexLock lock(&rewrite_mu_);
  RETURN_IF_ERROR(consolidator_->ApplyTombstones());
  return store_->Flush();
}

void Db::SetRetentionRules(std::vector<RetentionRule> rules) {
  RetentionPolicy policy(options_.retention_ms, std::move(rules));
  longest_keep_ms_.store(policy.longest_ms(), std::memory_order_relaxed);
  consolidator_->SetRetention(std::move(policy));
  changes_.Note(model::kMinTimestamp);
}

// Rules hide what is too old at the moment of a query.
model::Timestamp Db::kept_from() const {
  const std::shared_ptr<const RetentionPolicy> policy = consolidator_->retention();
  const int64_t shortest = policy->has_rules() ? policy->shortest_ms() : kKeepForever;
  return shortest == kKeepForever ? model::kMinTimestamp : deps_.clock->NowMs() - shortest;
}

// Whole buckets only: those that no series is kept for, and the oldest when there is too much.
absl::Status Db::DropExpired() {
  const int64_t longest = longest_keep_ms_.load(std::memory_order_relaxed);
  int64_t first = first_bucket_;
  if (longest != kKeepForever) {
    first = std::max(first, BucketOf(deps_.clock->NowMs() - longest));
  }
  if (options_.retention_bytes > 0) {
    ASSIGN_OR_RETURN(const int64_t within, FirstBucketWithin(options_.retention_bytes));
    first = std::max(first, within);
  }
  if (first <= first_bucket_) {
    return absl::OkStatus();
  }
  NoteGone(BucketStart(first) - 1);
  const absl::Status dropped = consolidator_->DropBucketsBefore(first);
  changes_.Note(model::kMinTimestamp);
  RETURN_IF_ERROR(base::Annotate(dropped, "drop expired chunks"));
  {
    base::MutexLock lock(&sweep_mu_);
    RETURN_IF_ERROR(base::Annotate(cold_->DropBefore(BucketStart(first)), "drop expired series"));
  }
  first_bucket_ = first;
  return absl::OkStatus();
}

// The oldest bucket that can stay if the table files may have at most `bytes`. The open one always
// can. What is not chunks, the series above all, counts as well and stays.
absl::StatusOr<int64_t> Db::FirstBucketWithin(uint64_t bytes) const {
  ASSIGN_OR_RETURN(const std::vector<int64_t> sealed, store_->SealedBuckets());
  ASSIGN_OR_RETURN(const std::vector<int64_t> unsealed, store_->UnsealedBuckets());
  std::vector<int64_t> buckets;
  std::set_union(sealed.begin(), sealed.end(), unsealed.begin(), unsealed.end(),
                 std::back_inserter(buckets));
  uint64_t chunks = 0;
  for (const int64_t bucket : buckets) {
    chunks += store_->BucketBytes(bucket);
  }
  uint64_t total = std::max(store_->DiskBytes(), chunks) - chunks;
  for (auto bucket = buckets.rbegin(); bucket != buckets.rend(); ++bucket) {
    total += store_->BucketBytes(*bucket);
    if (total > bytes) {
      return std::min(*bucket + 1, BucketOf(deps_.clock->NowMs()));
    }
  }
  return INT64_MIN;
}

bool Db::WaitUnlessStopping(int64_t wait_ms) {
  base::MutexLock lock(&upkeep_mu_);
  if (!stopping_) {
    upkeep_wake_.WaitFor(&upkeep_mu_, wait_ms);
  }
  return !stopping_;
}

void Db::Consolidate() {
  pthread_setname_np(pthread_self(), "consolidation");
  while (WaitUnlessStopping(options_.consolidation_interval_ms)) {
    base::MutexLock lock(&rewrite_mu_);
    absl::Status status = DropExpired();
    status.Update(consolidator_->RewriteDue(Pace::kPaced, stop_rewrites_));
    if (!status.ok() && !absl::IsCancelled(status)) {
      deps_.logger->Warn("upkeep of the buckets is incomplete", {{"cause", status}});
    }
  }
}

void Db::Upkeep() {
  const int64_t interval_ns = options_.sweep_interval_ms * 1'000'000;
  int64_t next_sweep = deps_.clock->SteadyNanos() + interval_ns;
  while (WaitUnlessStopping(std::min<int64_t>(kUpkeepIntervalMs, options_.sweep_interval_ms))) {
    head_.epochs()->Collect();
    next_sweep = SweepIfDue(next_sweep);
  }
}

// Returns when the next sweep is due.
int64_t Db::SweepIfDue(int64_t next_sweep) {
  const bool due = deps_.clock->SteadyNanos() >= next_sweep;
  const bool grown = journal_->bytes_since_cut() >= options_.sweep_journal_bytes;
  if (!due && (!grown || sweep_failed_)) {
    return next_sweep;
  }
  const absl::Status swept = SweepOnce(Pace::kPaced).status();
  sweep_failed_ = !swept.ok();
  if (sweep_failed_) {
    deps_.logger->Error("sweep failed; nothing is lost, it will be repeated", {{"cause", swept}});
  }
  const int64_t wait_ms =
      sweep_failed_ ? std::min(kRetryMs, options_.sweep_interval_ms) : options_.sweep_interval_ms;
  return deps_.clock->SteadyNanos() + wait_ms * 1'000'000;
}

absl::StatusOr<std::string> Db::Snapshot() {
  base::MutexLock lock(&sweep_mu_);
  return TakeSnapshot({fs_, deps_.clock, options_.path, journal_.get(), store_.get()});
}

absl::Status Db::CheckWritable() const {
  if (journal_->Overloaded()) {
    return absl::UnavailableError("too many bytes wait for the journal; retry later");
  }
  return absl::OkStatus();
}

Db::TimeBounds Db::AcceptedTimes() const {
  if (options_.retention_ms == kKeepForever) {
    return {0, model::kMaxTimestamp};
  }
  const model::Timestamp now = deps_.clock->NowMs();
  const int64_t longest = longest_keep_ms_.load(std::memory_order_relaxed);
  return {longest == kKeepForever ? 0 : now - longest,
          options_.max_future_ms == 0 ? model::kMaxTimestamp : now + options_.max_future_ms};
}

SeriesBitmap Db::SelectRefs(const Selection& selection) const {
  SeriesBitmap refs = head_.index().Select(selection.matchers);
  if (selection.min_time == model::kMinTimestamp && selection.max_time == model::kMaxTimestamp) {
    return refs;
  }
  SeriesBitmap overlapping;
  for (const SeriesRef ref : ToVector(refs)) {
    const HeadSeries* const series = head_.series(ref);
    if (series != nullptr && series->MayOverlap(selection.min_time, selection.max_time)) {
      overlapping.add(ref);
    }
  }
  return overlapping;
}

absl::StatusOr<std::vector<ColdSeries>> Db::SelectCold(const Selection& selection,
                                                       const SeriesBitmap& live) const {
  ASSIGN_OR_RETURN(std::vector<ColdSeries> cold, cold_->Select(selection));
  std::erase_if(cold,
                [&live](const ColdSeries& series) { return live.contains(series.key.series); });
  return cold;
}

absl::StatusOr<std::unique_ptr<SeriesSet>> Db::Select(const Selection& selection) const {
  // The head is looked at before the store: what leaves the head is in the store by then.
  DbSeriesSet::Sources sources;
  sources.guard = std::make_unique<base::EpochDomain::Guard>(head_.epochs());
  // Asked before the selection: one that ends meanwhile tells so itself.
  sources.has_twins = head_.has_twins();
  SeriesBitmap live = SelectRefs(selection);
  for (const SeriesRef ref : ToVector(live)) {
    if (const HeadSeries* const series = head_.series(ref); series != nullptr) {
      sources.live.push_back({series->key(), series->labels(), series->View()});
      sources.has_twins |= series->gone();
    } else {
      live.remove(ref);  // it has left memory just now
    }
  }
  ASSIGN_OR_RETURN(sources.cold, SelectCold(selection, live));
  sources.has_twins |= !sources.cold.empty();
  if (!selection.memory_only) {
    Consolidator::View view = consolidator_->NewView();
    sources.chunks = std::move(view.chunks);
    sources.tombstones = std::move(view.tombstones);
  }
  sources.retention = consolidator_->retention();
  sources.now = deps_.clock->NowMs();
  sources.stored_apart_until =
      std::max(head_.newest_swept_late(), newest_deleted_.load(std::memory_order_acquire));
  return std::make_unique<DbSeriesSet>(std::move(sources), selection);
}

absl::StatusOr<std::vector<SeriesKey>> Db::MatchingSeries(const Selection& selection) const {
  const base::EpochDomain::Guard guard(head_.epochs());
  std::vector<SeriesKey> keys;
  SeriesBitmap live = SelectRefs(selection);
  for (const SeriesRef ref : ToVector(live)) {
    if (const HeadSeries* const series = head_.series(ref); series != nullptr) {
      keys.push_back(series->key());
    } else {
      live.remove(ref);
    }
  }
  ASSIGN_OR_RETURN(const std::vector<ColdSeries> cold, SelectCold(selection, live));
  for (const ColdSeries& series : cold) {
    keys.push_back(series.key);
  }
  std::sort(keys.begin(), keys.end());
  return keys;
}

absl::StatusOr<std::vector<std::string>> Db::LabelNames(const Selection& selection) const {
  const base::EpochDomain::Guard guard(head_.epochs());
  const SeriesBitmap refs = SelectRefs(selection);
  const std::vector<std::string> live = head_.index().LabelNames(&refs);
  ASSIGN_OR_RETURN(const std::vector<std::string> cold, cold_->LabelNames(selection));
  return Union(live, cold);
}

absl::StatusOr<std::vector<std::string>> Db::LabelValues(std::string_view name,
                                                         const Selection& selection) const {
  const base::EpochDomain::Guard guard(head_.epochs());
  const SeriesBitmap refs = SelectRefs(selection);
  const std::vector<std::string> live = head_.index().LabelValues(name, &refs);
  ASSIGN_OR_RETURN(const std::vector<std::string> cold, cold_->LabelValues(name, selection));
  return Union(live, cold);
}

}  // namespace tidemark::storage
