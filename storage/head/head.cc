#include "storage/head/head.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "fmt/format.h"

namespace tidemark::storage {
namespace {

// A request that registers no more than this many series keeps its scratch memory.
constexpr size_t kKeepRepetitions = 1u << 16;

// How many series ahead a lookup's cache line is fetched.
constexpr size_t kPrefetchAhead = 16;

// How many restored series wait for the table at most: their lines fit the nearer caches.
constexpr size_t kRestoreWindow = 128;
// Series that are added to the index at once.
constexpr size_t kIndexBatch = 4096;

}  // namespace

// Series that are unknown already, on their way to be freed.
struct Head::Removed final : base::EpochDomain::Retired {
  explicit Removed(std::span<HeadSeries* const> removed)
      : Retired([](Retired* r) { delete static_cast<Removed*>(r); }),
        series(removed.begin(), removed.end()) {}
  ~Removed() {
    for (HeadSeries* one : series) {
      HeadSeries::Destroy(one);
    }
  }
  Removed(const Removed&) = delete;
  Removed& operator=(const Removed&) = delete;

  std::vector<HeadSeries*> series;
};

Head::Head(uint64_t hash_seed)
    : table_(&epochs_, hash_seed), directory_(&epochs_), index_([this](SeriesRef ref) {
        const HeadSeries* const found = series(ref);
        return found == nullptr ? model::LabelsView() : found->labels();
      }) {}

Head::~Head() {
  for (HeadSeries* series = NextSeries(0); series != nullptr;) {
    HeadSeries* const next = NextSeries(series->ref());
    HeadSeries::Destroy(series);
    series = next;
  }
}

HeadSeries* Head::Create(SeriesRef ref, MetricId metric, model::LabelsView labels) {
  HeadSeries* const series = HeadSeries::Create(ref, metric, labels.bytes());
  series_bytes_.fetch_add(series->bytes(), std::memory_order_relaxed);
  return series;
}

HeadSeries* Head::FindRepetition(const Wanted& want, std::span<HeadSeries* const> created) {
  const size_t mask = repetitions_.size() - 1;
  for (size_t i = want.hash.low & mask;; i = (i + 1) & mask) {
    if (repetitions_[i] == 0) {
      repetitions_[i] = static_cast<uint32_t>(created.size()) + 1;
      return nullptr;
    }
    HeadSeries* const other = created[repetitions_[i] - 1];
    if (other->label_bytes() == want.labels.bytes()) {
      return other;
    }
  }
}

void Head::Register(std::span<Wanted> wanted,
                    absl::FunctionRef<void(std::span<HeadSeries* const>)> announce) {
  base::MutexLock lock(&register_mu_);
  struct Created {
    model::Hash128 hash;
    const HeadSeries* gone;  // had these labels before; null if none had
  };
  std::vector<HeadSeries*> created;
  std::vector<Created> how;
  repetitions_.assign(std::bit_ceil(2 * wanted.size() + 1), 0);
  SeriesRef last = last_ref_.load(std::memory_order_relaxed);
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (i + kPrefetchAhead < wanted.size()) {
      table_.Prefetch(wanted[i + kPrefetchAhead].hash);
    }
    Wanted& want = wanted[i];
    HeadSeries* const known = table_.Find(want.labels.bytes(), want.hash);
    want.series = known != nullptr && !known->gone() ? known : FindRepetition(want, created);
    if (want.series == nullptr) {
      TIDEMARK_CHECK(last != UINT32_MAX, "no series refs are left");
      const MetricId metric = metric_ids_.Assign(want.labels.metric_name());
      want.series = Create(++last, metric, want.labels);
      created.push_back(want.series);
      how.push_back({want.hash, known});
    }
  }
  if (repetitions_.size() > kKeepRepetitions) {
    repetitions_ = {};
  }
  if (created.empty()) {
    return;
  }
  announce(created);
  std::vector<LabelIndex::Entry> entries;
  entries.reserve(created.size());
  table_.Reserve(created.size());
  for (size_t i = 0; i < created.size(); ++i) {
    directory_.Put(created[i]);
    if (how[i].gone != nullptr) {
      twins_.fetch_add(1, std::memory_order_release);
      table_.Replace(how[i].gone, created[i], how[i].hash);
    } else {
      table_.Insert(created[i], how[i].hash);
    }
    entries.push_back({created[i]->ref(), created[i]->labels()});
  }
  last_ref_.store(last, std::memory_order_release);
  // Last: whoever finds a ref in the index finds the series, too.
  index_.Add(entries);
}

absl::Status Head::Restore(const SeriesRecord& record) {
  base::MutexLock lock(&register_mu_);
  if (const HeadSeries* same_ref = series(record.ref);
      record.ref == kNoSeries || (same_ref != nullptr && same_ref->labels() != record.labels)) {
    return absl::DataLossError(
        fmt::format("series {} {} collides with {}", record.ref, record.labels.ToString(),
                    same_ref == nullptr ? "the ref of no series" : same_ref->labels().ToString()));
  } else if (same_ref != nullptr) {
    return absl::OkStatus();
  }
  absl::Status restored = metric_ids_.Restore(record.labels.metric_name(), record.metric_id);
  if (!restored.ok()) {
    return restored;
  }
  const model::Hash128 hash = table_.Hash(record.labels.bytes());
  table_.Prefetch(hash);
  HeadSeries* const created = Create(record.ref, record.metric_id, record.labels);
  directory_.Put(created);
  restored_.push_back({created, hash});
  last_ref_.store(std::max(last_ref_.load(std::memory_order_relaxed), record.ref),
                  std::memory_order_release);
  if (restored_.size() == kRestoreWindow) {
    InsertRestored();
  }
  return absl::OkStatus();
}

void Head::InsertRestored() {
  for (const auto& [series, hash] : restored_) {
    HeadSeries* const twin = table_.Find(series->label_bytes(), hash);
    if (twin == nullptr) {
      table_.Insert(series, hash);
    } else if (twin->ref() < series->ref()) {
      table_.Replace(twin, series, hash);
      Supersede(twin);
    } else {
      Supersede(series);
    }
    unindexed_.push_back({series->ref(), series->labels()});
  }
  restored_.clear();
}

void Head::IndexRestored() {
  std::vector<LabelIndex::Entry> entries;
  {
    base::MutexLock lock(&register_mu_);
    entries.swap(unindexed_);
  }
  for (std::span<const LabelIndex::Entry> rest(entries); !rest.empty();) {
    const size_t count = std::min(kIndexBatch, rest.size());
    index_.Add(rest.first(count));
    rest = rest.subspan(count);
  }
}

void Head::FinishRestore() {
  {
    base::MutexLock lock(&register_mu_);
    InsertRestored();
  }
  IndexRestored();
}

void Head::Supersede(HeadSeries* series) {
  twins_.fetch_add(1, std::memory_order_release);
  superseded_.push_back(series);
}

void Head::RestoreLastRef(SeriesRef ref) {
  base::MutexLock lock(&register_mu_);
  last_ref_.store(std::max(last_ref_.load(std::memory_order_relaxed), ref),
                  std::memory_order_release);
}

std::vector<HeadSeries*> Head::TakeSuperseded() {
  base::MutexLock lock(&register_mu_);
  return std::move(superseded_);
}

void Head::Remove(std::span<HeadSeries* const> series) {
  if (series.empty()) {
    return;
  }
  std::vector<LabelIndex::Entry> entries;
  entries.reserve(series.size());
  for (const HeadSeries* one : series) {
    entries.push_back({one->ref(), one->labels()});
  }
  base::MutexLock lock(&register_mu_);
  // First: whoever finds a ref in the index afterwards, does so in an older copy of its own.
  index_.Remove(entries);
  for (const HeadSeries* one : series) {
    TIDEMARK_DCHECK(one->gone(), "series {} is removed alive", one->ref());
    if (!table_.Erase(one, table_.Hash(one->label_bytes()))) {
      twins_.fetch_sub(1, std::memory_order_release);
    }
    directory_.Erase(one->ref());
    series_bytes_.fetch_sub(one->bytes(), std::memory_order_relaxed);
  }
  table_.Shrink();
  epochs_.Retire(new Removed(series));
}

size_t Head::bytes() const {
  return series_bytes_.load(std::memory_order_relaxed) + table_.bytes() + directory_.bytes();
}

}  // namespace tidemark::storage
