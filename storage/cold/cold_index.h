// ColdIndex finds series that have left memory.
//
// It lies in the store, in groups by the week of a series' last sample; in memory it keeps only
// how many series a group has and between which times. A selection reads the groups its time
// range can touch, so one that no cold series can touch reads nothing.
//
// In a group, postings narrow the series down: those of literals are looked up, those of other
// expressions gathered by a walk over the values that can match. What is left is read, and its
// labels and times decide.
//
// Thread-safe; TakeOver and DropBefore are called by the sweep's thread alone. A series is found
// here by every selection that begins after TakeOver returned.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "model/labels.h"
#include "storage/index/postings.h"
#include "storage/querier.h"
#include "storage/rocksdb/rocks_store.h"
#include "storage/types.h"

namespace tidemark::storage {

struct ColdSeries {
  SeriesKey key;
  model::Labels labels;
};

class ColdIndex {
 public:
  // `store` must outlive the index.
  static absl::StatusOr<std::unique_ptr<ColdIndex>> Open(RocksStore* store);

  // Moves series from the live families to the cold ones, whole or not at all. `forgotten` are
  // series without samples, which are deleted. Remembers that refs up to `last_ref` were given.
  // REQUIRES: refs of `series` ascend.
  absl::Status TakeOver(std::span<const ColdSeriesRecord> series,
                        std::span<const SeriesRef> forgotten, SeriesRef last_ref)
      ABSL_LOCKS_EXCLUDED(mu_);
  // The largest ref that was given to a series, as far as TakeOver was told.
  absl::StatusOr<SeriesRef> last_ref() const;

  // The series that pass all matchers and have samples around the selection's times.
  absl::StatusOr<std::vector<ColdSeries>> Select(const Selection& selection) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // Sorted names of the labels, and sorted values of label `name`, of the series selected.
  absl::StatusOr<std::vector<std::string>> LabelNames(const Selection& selection) const
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                       const Selection& selection) const
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::StatusOr<bool> Contains(SeriesRef ref) const ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets the groups of whole weeks before `oldest`.
  absl::Status DropBefore(model::Timestamp oldest) ABSL_LOCKS_EXCLUDED(mu_);

  uint64_t series_count() const ABSL_LOCKS_EXCLUDED(mu_);
  size_t group_count() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Groups = std::map<int64_t, ColdGroup>;  // by week
  using VisitSeries = absl::FunctionRef<absl::Status(const ColdSeriesRecord&)>;

  explicit ColdIndex(RocksStore* store) : store_(store) {}
  // The weeks whose groups have samples in the selection's times; Unavailable if there are any and
  // only memory is to be read.
  absl::StatusOr<std::vector<int64_t>> Weeks(const Selection& selection) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // Visits the series selected.
  absl::Status Visit(const Selection& selection, VisitSeries visit) const;

  RocksStore* const store_;
  mutable base::Mutex mu_;
  Groups groups_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::storage
