// NewSeries lists the series whose definition is not in the store yet, only in the journal.
//
// A series passes through two stages: registered (or replayed), then taken by a sweep, and it
// leaves when the sweep has flushed. As long as it is listed its definition may have to be
// journaled again: after a failed write the journal cannot tell which definitions it holds.
// Thread-safe.
#pragma once

#include <span>
#include <vector>

#include "base/mutex.h"
#include "storage/head/head_series.h"

namespace tidemark::storage {

class NewSeries {
 public:
  void Add(std::span<HeadSeries* const> series) ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    registered_.insert(registered_.end(), series.begin(), series.end());
  }

  // Begins to persist: everything listed, including what an earlier sweep failed to persist.
  std::vector<HeadSeries*> Take() ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    taken_.insert(taken_.end(), registered_.begin(), registered_.end());
    registered_.clear();
    return taken_;
  }

  // What Take gave is in the store for good.
  void Persisted() ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    taken_.clear();
  }

  // Everything listed.
  std::vector<HeadSeries*> List() const ABSL_LOCKS_EXCLUDED(mu_) {
    base::MutexLock lock(&mu_);
    std::vector<HeadSeries*> all = taken_;
    all.insert(all.end(), registered_.begin(), registered_.end());
    return all;
  }

 private:
  mutable base::Mutex mu_;
  std::vector<HeadSeries*> registered_ ABSL_GUARDED_BY(mu_);
  std::vector<HeadSeries*> taken_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::storage
