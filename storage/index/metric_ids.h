// MetricIds gives each metric name a number, the part of chunk keys that keeps the series of one
// metric together.
//
// The numbers are persisted by the series records and restored from them at start. A name whose
// last series has left memory may get another number after a restart, and its old one may go to
// another name; each series keeps its number, and chunks stay apart all the same, since no series
// ref is ever used twice.
// Series without a metric name share the number of the empty name. Thread-compatible.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "base/string_map.h"
#include "storage/types.h"

namespace tidemark::storage {

class MetricIds {
 public:
  // The number of `name`, a new one if it has none.
  MetricId Assign(std::string_view name);
  // Takes a pair from a stored series record; the first number of a name stays. DataLoss when the
  // number is kNoMetric.
  absl::Status Restore(std::string_view name, MetricId id);
  std::optional<MetricId> Find(std::string_view name) const;
  size_t size() const { return ids_.size(); }

 private:
  base::StringMap<MetricId> ids_;
  MetricId last_ = kNoMetric;
};

}  // namespace tidemark::storage
