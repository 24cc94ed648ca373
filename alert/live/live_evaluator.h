// LiveEvaluator evaluates one partition of one rule at one moment, and does what follows from the
// result: alerts change and are told, series are written, and the partition knows when it has to be
// looked at again.
//
// Owned by the engine; thread-compatible. Everything handed to the constructor must outlive it.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "alert/live/cluster_identity.h"
#include "alert/live/live_engine.h"
#include "alert/live/live_partition.h"
#include "alert/live/partition_querier.h"
#include "query/engine/query_result.h"

namespace tidemark::alert {

class LiveEvaluator {
 public:
  LiveEvaluator(const LiveOptions* options, const LiveDeps& deps, const ClusterIdentity* identity)
      : options_(options), deps_(deps), identity_(identity) {}

  // Evaluates `partition` for `now`. REQUIRES: `now` is not before its earlier evaluations.
  void Evaluate(LivePartition* partition, model::Timestamp now, const LiveTrigger& trigger);

  // The next moment at which the partition has to be evaluated though nothing arrives.
  model::Timestamp NextDeadline(const LivePartition& partition) const;

  // Evaluates at most `budget` of the moments of partition->late; false if some are left.
  bool EvaluateLate(LivePartition* partition, model::Timestamp now, int budget);
  // What was found to be true since long is so for the alerts of now, too.
  static void AdoptLate(LivePartition* partition);

  // Takes the series of the partition's alerts, which are restored ones, as written: what ends is
  // then marked as ended.
  static void AssumeWritten(LivePartition* partition);

  // Ends all alerts of the partition: its rule or its cluster is gone.
  void EndAlerts(LivePartition* partition, const LiveTrigger& trigger);
  // Ends all series that the partition has written.
  void EndSeries(LivePartition* partition, model::Timestamp now);

  // Whether something was written since the last call that is not committed.
  bool TakeUncommitted() { return std::exchange(uncommitted_, false); }
  // Scopes that have fallen below their limit: all their partitions are to be evaluated.
  std::vector<LiveScope*> TakeReleased() { return std::exchange(released_, {}); }
  uint64_t evaluations() const { return evaluations_; }
  uint64_t late_evaluations() const { return late_evaluations_; }

 private:
  // A result and what of the inputs was there.
  struct Outcome {
    std::vector<query::VectorSample> vector;
    uint64_t present = 0;
  };

  absl::Status TryEvaluate(LivePartition* partition, model::Timestamp now,
                           const LiveTrigger& trigger);
  absl::StatusOr<Outcome> Run(const LivePartition& partition, const PartitionQuerier& members,
                              model::Timestamp t) const;
  void SetNextChange(LivePartition* partition, model::Timestamp now,
                     const PartitionQuerier& members) const;
  absl::Status CountResults(LivePartition* partition, size_t count, const LiveTrigger& trigger,
                            model::Timestamp now);
  absl::Status GiveAlerts(LivePartition* partition, model::Timestamp now, Outcome outcome,
                          const LiveTrigger& trigger);
  // The series that a recording rule makes of its result.
  static absl::StatusOr<std::vector<query::VectorSample>> Recorded(
      const LivePartition& partition, std::vector<query::VectorSample> vector);
  std::vector<TrueAlert> Expand(const LivePartition& partition, model::Timestamp t,
                                const std::vector<query::VectorSample>& vector) const;
  // Moves `state` on to `t`, holding what is missing for lack of data. `inputs` are those that had
  // samples when something was true.
  absl::StatusOr<std::vector<Transition>> Judge(const LivePartition& partition, model::Timestamp t,
                                                const Outcome& outcome, AlertRuleState* state,
                                                uint64_t* inputs) const;
  void Tell(const LivePartition& partition, const std::vector<Transition>& transitions,
            uint64_t inputs, const LiveTrigger& trigger) const;
  void SendDue(LivePartition* partition, model::Timestamp now,
               const std::vector<Transition>& transitions, const LiveTrigger& trigger) const;
  absl::Status Write(LivePartition* partition, model::Timestamp now,
                     std::vector<query::VectorSample> samples);
  void WriteLate(LivePartition* partition, model::Timestamp t,
                 const std::vector<query::VectorSample>& samples);
  absl::StatusOr<model::Timestamp> EvaluateLateAt(LivePartition* partition,
                                                  const PartitionQuerier& members,
                                                  model::Timestamp t, model::Timestamp now);

  const LiveOptions* const options_;
  const LiveDeps deps_;
  const ClusterIdentity* const identity_;
  bool uncommitted_ = false;
  std::vector<LiveScope*> released_;
  uint64_t evaluations_ = 0;
  uint64_t late_evaluations_ = 0;
};

}  // namespace tidemark::alert
