// Head holds the live series of the store in memory, and finds them by label bytes or by ref.
//
// Finding and appending take no lock. Registering new series takes one lock for a whole batch;
// before a new series can be found by anyone, `announce` is called with it, still under the lock,
// so that its definition reaches the journal before the first sample of any thread can
// (docs/format/journal_records.md says why that order matters).
//
// A series leaves in two steps: HeadSeries::TryEvict ends it, from when on its labels are
// registered under a new ref; Remove then makes it unknown, and its memory is freed when no Guard
// can reach it. In between two series have these labels, and queries see both.
//
// Thread-safe, except Restore. A HeadSeries* is good under the Guard of epochs() it was found
// under. The sweep's thread, which alone removes series, may keep one until it does.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "base/epoch.h"
#include "base/mutex.h"
#include "model/hash.h"
#include "model/labels.h"
#include "storage/head/head_series.h"
#include "storage/head/series_directory.h"
#include "storage/head/series_table.h"
#include "storage/index/label_index.h"
#include "storage/index/metric_ids.h"
#include "storage/types.h"

namespace tidemark::storage {

class Head {
 public:
  explicit Head(uint64_t hash_seed);
  ~Head();
  Head(const Head&) = delete;
  Head& operator=(const Head&) = delete;

  base::EpochDomain* epochs() const { return &epochs_; }
  const SeriesTable& table() const { return table_; }
  const LabelIndex& index() const { return index_; }  // asked under a Guard

  // One series to find or register.
  struct Wanted {
    model::LabelsView labels;
    model::Hash128 hash;
    HeadSeries* series = nullptr;  // result
  };
  // Finds each series or registers it. `announce` gets the new ones, if there are any, before
  // they can be found.
  void Register(std::span<Wanted> wanted,
                absl::FunctionRef<void(std::span<HeadSeries* const> created)> announce)
      ABSL_LOCKS_EXCLUDED(register_mu_);

  // Puts back a series that was registered before a restart. Of two with the same labels the one
  // with the larger ref goes on, and the other is superseded. DataLoss when the ref is in use for
  // other labels. It counts as not persisted (HeadSeries::active_at). It can be found by its ref;
  // by its labels and by matchers only once FinishRestore was called.
  absl::Status Restore(const SeriesRecord& record) ABSL_LOCKS_EXCLUDED(register_mu_);
  // Makes some of what was restored findable by matchers. Another thread may do so beside Restore,
  // but not beside FinishRestore.
  void IndexRestored() ABSL_LOCKS_EXCLUDED(register_mu_);
  void FinishRestore() ABSL_LOCKS_EXCLUDED(register_mu_);
  // Refs up to `ref` were given to series before a restart.
  void RestoreLastRef(SeriesRef ref) ABSL_LOCKS_EXCLUDED(register_mu_);

  // Makes series unknown that TryEvict has ended. REQUIRES: `series` is in the head.
  void Remove(std::span<HeadSeries* const> series) ABSL_LOCKS_EXCLUDED(register_mu_);
  // The series that Restore found superseded since the last call: nothing will be appended to them
  // once the journal is replayed. REQUIRES: FinishRestore was called.
  std::vector<HeadSeries*> TakeSuperseded() ABSL_LOCKS_EXCLUDED(register_mu_);
  // Whether some label set may belong to two series at this moment.
  bool has_twins() const { return twins_.load(std::memory_order_acquire) > 0; }

  // The series numbered `ref`; null if there is none.
  HeadSeries* series(SeriesRef ref) const { return directory_.Find(ref); }
  // The series with the smallest ref above `after`; null behind the last one.
  HeadSeries* NextSeries(SeriesRef after) const { return directory_.Next(after); }
  // Refs are 1 … last_ref(); some may be missing.
  SeriesRef last_ref() const { return last_ref_.load(std::memory_order_acquire); }
  size_t series_count() const { return table_.size(); }
  // Returns when every registration that has begun has ended.
  void AwaitRegistrations() const ABSL_LOCKS_EXCLUDED(register_mu_) {
    base::MutexLock lock(&register_mu_);
  }

  // Samples that came late, up to this time, may be in the store and not in memory any more.
  model::Timestamp newest_swept_late() const {
    return newest_swept_late_.load(std::memory_order_acquire);
  }
  // For the sweep's thread, before it drops such a sample from memory, and for recovery.
  void NoteSweptLate(model::Timestamp t) {
    if (t > newest_swept_late_.load(std::memory_order_relaxed)) {
      newest_swept_late_.store(t, std::memory_order_release);
    }
  }

  // Memory of series, labels and lookup tables; without chunks and postings.
  size_t bytes() const;
  size_t directory_bytes() const { return directory_.bytes(); }  // its part

 private:
  struct Removed;

  HeadSeries* Create(SeriesRef ref, MetricId metric, model::LabelsView labels);
  // The series among `created` with these labels; otherwise null, and the next one created is
  // noted as `want`'s.
  HeadSeries* FindRepetition(const Wanted& want, std::span<HeadSeries* const> created)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(register_mu_);
  void InsertRestored() ABSL_EXCLUSIVE_LOCKS_REQUIRED(register_mu_);
  void Supersede(HeadSeries* series) ABSL_EXCLUSIVE_LOCKS_REQUIRED(register_mu_);

  mutable base::EpochDomain epochs_;  // readers announce themselves in it
  SeriesTable table_;
  SeriesDirectory directory_;
  LabelIndex index_;

  mutable base::Mutex register_mu_;
  MetricIds metric_ids_ ABSL_GUARDED_BY(register_mu_);
  // Positions of created series by hash, plus one; 0 is empty. Of the registration under way.
  std::vector<uint32_t> repetitions_ ABSL_GUARDED_BY(register_mu_);
  // Restored series on their way: to the table, whose lines are being fetched, then to the index.
  struct Restored {
    HeadSeries* series;
    model::Hash128 hash;
  };
  std::vector<Restored> restored_ ABSL_GUARDED_BY(register_mu_);
  std::vector<LabelIndex::Entry> unindexed_ ABSL_GUARDED_BY(register_mu_);
  std::vector<HeadSeries*> superseded_ ABSL_GUARDED_BY(register_mu_);
  // Writer: registration. Readers: any. Publishes the series up to it.
  std::atomic<SeriesRef> last_ref_{0};
  // Writers: registration and removal. Readers: queries. Publishes nothing: who must see a twin has
  // synchronised with its registration.
  std::atomic<size_t> twins_{0};
  // Writers: registration, removal. Readers: metrics. Publishes nothing.
  std::atomic<size_t> series_bytes_{0};
  // Writer: the sweep. Readers: queries of single series. Publishes that the store has them.
  std::atomic<model::Timestamp> newest_swept_late_{model::kMinTimestamp};
};

}  // namespace tidemark::storage
