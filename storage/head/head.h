// Head holds every series of the store in memory, and finds them by label bytes or by ref.
//
// Finding and appending take no lock. Registering new series takes one lock for a whole batch;
// before a new series can be found by anyone, `announce` is called with it, still under the lock,
// so that its definition reaches the journal before the first sample of any thread can
// (docs/format/journal_records.md says why that order matters).
//
// Thread-safe, except Restore. Every call that returns or takes a HeadSeries* needs a Guard of
// epochs() to be open only for the lookup itself: series live as long as the head.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "base/arena.h"
#include "base/epoch.h"
#include "base/mutex.h"
#include "model/hash.h"
#include "model/labels.h"
#include "storage/head/head_series.h"
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
  const LabelIndex& index() const { return index_; }

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

  // Puts back a series that was registered before a restart. DataLoss when the ref or the labels
  // are already in use for something else.
  absl::Status Restore(const SeriesRecord& record) ABSL_LOCKS_EXCLUDED(register_mu_);

  // The series numbered `ref`; null if there is none.
  HeadSeries* series(SeriesRef ref) const;
  // Refs are 1 … last_ref(); some may be missing.
  SeriesRef last_ref() const { return last_ref_.load(std::memory_order_acquire); }
  size_t series_count() const { return table_.size(); }

  // Memory of series, labels and lookup table; without chunks and postings.
  size_t bytes() const ABSL_LOCKS_EXCLUDED(register_mu_);

 private:
  static constexpr size_t kBlockSeries = 4096;
  // 268 million series; their refs, not their memory, are what is bounded here.
  static constexpr size_t kMaxBlocks = (size_t{1} << 28) / kBlockSeries;

  // Room for kBlockSeries series with consecutive refs.
  struct Block {
    // Writer: registration. Readers: any. Publishes the series.
    std::atomic<HeadSeries*> series[kBlockSeries] = {};
    alignas(HeadSeries) char memory[kBlockSeries * sizeof(HeadSeries)];
  };

  HeadSeries* Create(SeriesRef ref, MetricId metric, model::LabelsView labels)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(register_mu_);
  void Publish(HeadSeries* series, model::Hash128 hash) ABSL_EXCLUSIVE_LOCKS_REQUIRED(register_mu_);

  mutable base::EpochDomain epochs_;  // readers announce themselves in it
  SeriesTable table_;
  LabelIndex index_;
  MetricIds metric_ids_;

  mutable base::Mutex register_mu_;
  base::Arena label_arena_ ABSL_GUARDED_BY(register_mu_);
  size_t block_count_ ABSL_GUARDED_BY(register_mu_) = 0;
  // Writer: registration. Readers: any. Publishes a block.
  std::unique_ptr<std::atomic<Block*>[]> blocks_;
  // Writer: registration. Readers: any. Publishes the series up to it.
  std::atomic<SeriesRef> last_ref_{0};
};

}  // namespace tidemark::storage
