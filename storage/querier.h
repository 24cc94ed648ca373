// Querier answers "which series match, and what are their samples" over a stretch of time.
//
// This is the only door through which query/ sees stored data; a remote source could implement
// it as well. A Querier is thread-safe; the SeriesSet it returns belongs to the calling thread.
// A selection sees every sample that was acknowledged before Select was called.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/labels.h"
#include "model/matcher.h"
#include "model/sample.h"

namespace tidemark::storage {

// Samples of one series in columns: strictly ascending times, one value each.
struct SampleColumns {
  std::vector<model::Timestamp> timestamps;  // ms
  std::vector<double> values;

  size_t size() const { return timestamps.size(); }
  void clear() {
    timestamps.clear();
    values.clear();
  }
  void Append(model::Timestamp t, double v) {
    timestamps.push_back(t);
    values.push_back(v);
  }
};

// What to select: series that pass all matchers, samples in [min_time, max_time], both included.
struct Selection {
  model::Timestamp min_time = model::kMinTimestamp;
  model::Timestamp max_time = model::kMaxTimestamp;
  std::span<const model::Matcher> matchers;
  // Of each series only the newest sample is wanted; older ones may be left out.
  bool newest_only = false;
  // Nothing is read from a disk, nor waited for that may be behind one: where that would be needed,
  // selecting or reading gives Unavailable.
  bool memory_only = false;
};

// SeriesSet walks the selected series, in no particular order.
//
//   while (set->Next()) { use(set->labels()); RETURN_IF_ERROR(set->Read(&columns)); }
//
// A set of many series can be shared by several threads, each with a set of its own over the same
// series. These lie in places [0, places()), in the order in which Next gives them and at most one
// in each; GoTo says which of them a set is to give.
//
// Thread-compatible. Must not outlive its Querier.
class SeriesSet {
 public:
  virtual ~SeriesSet() = default;

  // Moves to the next series; false behind the last one.
  virtual bool Next() = 0;

  // The labels of the present series, valid until the set is destroyed.
  virtual model::LabelsView labels() const = 0;

  // Replaces `columns` with the present series' samples inside the selection, stale markers
  // included. May give none: a series is selected by its labels and rough extent in time. Call at
  // most once per series.
  virtual absl::Status Read(SampleColumns* columns) = 0;

  // 0 when the set cannot be shared.
  virtual size_t places() const { return 0; }
  // A further set over the same series, behind the last of them. Labels that either has given are
  // valid until both are destroyed. REQUIRES: places() > 0.
  virtual std::unique_ptr<SeriesSet> Another() const { return nullptr; }
  // Next goes on with the series in places [begin, end). Each may be read once by each set.
  // REQUIRES: begin <= end <= places().
  virtual void GoTo(size_t /*begin*/, size_t /*end*/) {}
};

class ChangeLog;

class Querier {
 public:
  virtual ~Querier() = default;

  // What has changed, for whoever keeps answers; null if that is not known.
  virtual const ChangeLog* changes() const { return nullptr; }
  // Samples before this may vanish without a note, because the time to keep them passes.
  virtual model::Timestamp kept_from() const { return model::kMinTimestamp; }

  virtual absl::StatusOr<std::unique_ptr<SeriesSet>> Select(const Selection& selection) const = 0;

  // Sorted names of all labels of the series selected; no matchers selects every series.
  virtual absl::StatusOr<std::vector<std::string>> LabelNames(const Selection& selection) const = 0;

  // Sorted values of label `name` among the series selected.
  virtual absl::StatusOr<std::vector<std::string>> LabelValues(
      std::string_view name, const Selection& selection) const = 0;
};

}  // namespace tidemark::storage
