#include "storage/db.h"

#include <algorithm>
#include <random>

#include "base/check.h"
#include "base/status_macros.h"
#include "storage/backup/snapshot.h"
#include "storage/db_series_set.h"
#include "storage/journal_records.h"
#include "storage/recovery.h"

namespace tidemark::storage {
namespace {

constexpr int64_t kUpkeepIntervalMs = 250;

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

Db::~Db() {
  if (upkeep_.joinable()) {
    {
      base::MutexLock lock(&upkeep_mu_);
      stopping_ = true;
      upkeep_wake_.SignalAll();
    }
    upkeep_.join();
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
    evictor_ =
        std::make_unique<Evictor>(Evictor::Parts{&head_, cold_.get(), deps_.clock, deps_.metrics},
                                  options_.inactive_after_ms);
  }
  RegisterMetrics();
  upkeep_ = std::thread([this] { Upkeep(); });
  return absl::OkStatus();
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
  gauge("tidemark_store_disk_bytes", "Bytes of the persisted store's files.",
        [this] { return store_->DiskBytes(); });
  gauge("tidemark_store_memory_bytes", "Memory of the persisted store's write buffers.",
        [this] { return store_->MemoryBytes(); });
}

absl::Status Db::Close() {
  {
    base::MutexLock lock(&upkeep_mu_);
    stopping_ = true;
    upkeep_wake_.SignalAll();
  }
  upkeep_.join();
  absl::Status status = base::Annotate(Sweep(), "last sweep");
  status.Update(journal_->Close());
  status.Update(store_->Close());
  return status;
}

absl::Status Db::Sweep() { return SweepOnce(Sweeper::Pace::kFull); }

absl::Status Db::SweepOnce(Sweeper::Pace pace) {
  base::MutexLock lock(&sweep_mu_);
  RETURN_IF_ERROR(sweeper_->Sweep(pace));
  if (options_.inactive_after_ms > 0) {
    RETURN_IF_ERROR(evictor_->Run());
  }
  return DropExpired();
}

absl::Status Db::DropExpired() {
  if (options_.retention_ms == 0) {
    return absl::OkStatus();
  }
  const int64_t first = BucketOf(AcceptedTimes().oldest);
  if (first <= first_bucket_) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(base::Annotate(store_->DropBucketsBefore(first), "drop expired chunks"));
  RETURN_IF_ERROR(base::Annotate(cold_->DropBefore(BucketStart(first)), "drop expired series"));
  first_bucket_ = first;
  return absl::OkStatus();
}

void Db::Upkeep() {
  const int64_t interval_ns = options_.sweep_interval_ms * 1'000'000;
  int64_t next_sweep = deps_.clock->SteadyNanos() + interval_ns;
  while (true) {
    {
      base::MutexLock lock(&upkeep_mu_);
      if (!stopping_) {
        upkeep_wake_.WaitFor(&upkeep_mu_,
                             std::min<int64_t>(kUpkeepIntervalMs, options_.sweep_interval_ms));
      }
      if (stopping_) {
        return;
      }
    }
    head_.epochs()->Collect();
    if (deps_.clock->SteadyNanos() >= next_sweep) {
      const absl::Status swept = SweepOnce(Sweeper::Pace::kPaced);
      if (!swept.ok()) {
        deps_.logger->Error("sweep failed; nothing is lost, it will be repeated",
                            {{"cause", swept}});
      }
      next_sweep = deps_.clock->SteadyNanos() + interval_ns;
    }
  }
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
  if (options_.retention_ms == 0) {
    return {0, model::kMaxTimestamp};
  }
  const model::Timestamp now = deps_.clock->NowMs();
  return {now - options_.retention_ms,
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
  sources.reader = store_->NewChunkReader();
  return std::make_unique<DbSeriesSet>(std::move(sources), selection.min_time, selection.max_time);
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
