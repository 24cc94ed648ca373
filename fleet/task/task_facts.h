// TaskFacts is what has been learnt about one log-backup task of a cluster and must not be
// forgotten when the series that told it vanish. Plain values, the unit of saving and restoring.
//
// Times are the sender's, in milliseconds; points in the backed-up data (checkpoints, safe points)
// are those of PD's clock, in milliseconds too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/sample.h"

namespace tidemark::fleet {

using OptionalTime = std::optional<model::Timestamp>;

// The physical part of a TSO, in milliseconds. Exact for doubles of this and the next century.
inline int64_t TsoToMs(double tso) { return static_cast<int64_t>(tso / 262144.0); }
inline double MsToTso(int64_t ms) { return static_cast<double>(ms) * 262144.0; }

// A checkpoint that only rises, and when it was last heard of.
struct CheckpointFacts {
  OptionalTime at = std::nullopt;  // the point in the data
  model::Timestamp told_at = 0;    // of the newest sample that told it
  friend bool operator==(const CheckpointFacts&, const CheckpointFacts&) = default;
};

struct TaskFacts {
  std::string name;
  model::Timestamp first_seen = 0;
  CheckpointFacts checkpoint;                // the advancer's
  CheckpointFacts pd_checkpoint;             // in PD, as TiKV reads it
  CheckpointFacts storage_checkpoint;        // in the backup storage, where it is told
  OptionalTime advanced_at = std::nullopt;   // when the recovery point last rose
  OptionalTime step_before = std::nullopt;   // and the time it rose before that
  OptionalTime status_at = std::nullopt;     // any store's newest status
  OptionalTime running_at = std::nullopt;    // all stores that told a status said "running"
  OptionalTime paused_since = std::nullopt;  // first sign of the present pause
  bool pause_seen = false;                   // it was seen to run shortly before paused_since
  OptionalTime failed_since = std::nullopt;  // until the task runs again, whatever is told since
  OptionalTime removed_at = std::nullopt;
  OptionalTime renewed_at = std::nullopt;  // when the protection from GC was last renewed
  friend bool operator==(const TaskFacts&, const TaskFacts&) = default;

  // To what time the cluster can be restored: the advancer's or PD's checkpoint, whichever is
  // later, but not beyond what the backup storage was told where that is known.
  OptionalTime RecoveryPoint() const;
};

}  // namespace tidemark::fleet
