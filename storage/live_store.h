// LiveStore is what the evaluation of rules needs of a store beyond Querier: word of each sample
// as it comes, and the samples of series it knows by number, without a search.
//
// Thread-safe.
#pragma once

#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "model/labels.h"
#include "model/sample.h"
#include "storage/arrivals.h"
#include "storage/querier.h"
#include "storage/types.h"

namespace tidemark::storage {

class LiveStore : public Querier {
 public:
  // The door to word of samples.
  virtual Arrivals* arrivals() = 0;

  // Asks `subscriber` again about every series in memory, after what it wants has changed. Series
  // that are registered meanwhile are asked about, too.
  virtual void Reclassify(ArrivalSubscriber* subscriber) = 0;

  // Calls `visit` for each series that passes the matchers and whose extent in time overlaps the
  // selection's, in memory or not. The labels are valid during the call.
  virtual absl::Status VisitSeries(
      const Selection& selection,
      absl::FunctionRef<void(SeriesKey key, model::LabelsView labels)> visit) const = 0;

  // The key and labels of a series in memory; none if it has left.
  struct SeriesName {
    SeriesKey key;
    model::Labels labels;
  };
  virtual std::optional<SeriesName> NameOf(SeriesRef ref) const = 0;

  // Replaces `columns` with the samples of one series, in memory or not, in [min_time, max_time],
  // stale markers included.
  virtual absl::Status ReadSeries(SeriesKey key, model::Timestamp min_time,
                                  model::Timestamp max_time, SampleColumns* columns) const = 0;
};

}  // namespace tidemark::storage
