// MetricIds gives each metric name a number, the part of chunk keys that keeps the series of one
// metric together.
//
// The numbers are persisted by the series records and restored from them at start. A name whose
// last series has left memory may get another number after a restart, and its old one may go to
// another name; each series keeps its number, and chunks stay apart all the same, since no series
// ref is ever used twice.
// Series without a metric name share the number of the empty name. Thread-safe.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "base/string_map.h"
#include "storage/types.h"

namespace tidemark::storage {

class MetricIds {
 public:
  // The number of `name`, a new one if it has none.
  MetricId Assign(std::string_view name) ABSL_LOCKS_EXCLUDED(mu_);
  // Takes a pair from a stored series record; the first number of a name stays. DataLoss when the
  // number is kNoMetric.
  absl::Status Restore(std::string_view name, MetricId id) ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<MetricId> Find(std::string_view name) const ABSL_LOCKS_EXCLUDED(mu_);
  size_t size() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable base::Mutex mu_;
  base::StringMap<MetricId> ids_ ABSL_GUARDED_BY(mu_);
  MetricId last_ ABSL_GUARDED_BY(mu_) = kNoMetric;
};

}  // namespace tidemark::storage
