// Evictor moves series that nobody appends to any more out of memory.
//
// A series goes when its newest sample and the last sweep that found something of it to write are
// both older than `inactive_after`. The second counts for a sender that replays old samples: its
// series stay as long as it goes on. A series whose labels a newer one has goes at once.
//
// Order, for a batch: end the series (an appender is turned away and registers a new one); move
// their records into the cold index; remove them from the head. A query looks at the head first,
// so it meets each at least once. A batch that the store refuses stays ended and is moved the next
// time. A crash in between leaves two series with the same labels, and the older is superseded at
// the next start (storage/head/head.h).
//
// Owned by the sweep's thread; called after a sweep that succeeded: what is clean is persisted.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "storage/arrivals.h"
#include "storage/cold/cold_index.h"
#include "storage/head/head.h"
#include "storage/pace.h"

namespace tidemark::storage {

class Evictor {
 public:
  struct Parts {
    Head* head;
    ColdIndex* cold;
    const base::Clock* clock;
    base::MetricsRegistry* metrics;
    Arrivals* arrivals;  // told of what has left
  };

  // All parts must outlive the evictor.
  Evictor(const Parts& parts, int64_t inactive_after_ms);

  // Moves everything that has become inactive. Paced, it rests as long as it works.
  absl::Status Run(Pace pace);

 private:
  void EndSuperseded();
  absl::Status MoveEnded();

  const Parts parts_;
  const int64_t inactive_after_ms_;
  std::vector<SeriesRef> superseded_;
  std::vector<HeadSeries*> ended_;  // gone, and not moved yet
  base::Counter* const evicted_;
};

}  // namespace tidemark::storage
