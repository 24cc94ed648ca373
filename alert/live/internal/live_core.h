// LiveEngine::Core is the engine itself: it takes arrivals, decides which partitions are to be
// evaluated when, and has them evaluated.
//
// One mutex guards everything but the question which series are wanted. The evaluating thread holds
// it for a slice of work at a time; calls of the sink are made under it.
//
// A round takes the partitions that are due in order of their rules, so that a rule sees what those
// before it in its group have recorded in the same round. What a round makes due for a rule that it
// has passed is left for the next one.
#pragma once

#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "alert/live/cluster_identity.h"
#include "alert/live/deadline_heap.h"
#include "alert/live/evaluation_pacer.h"
#include "alert/live/live_engine.h"
#include "alert/live/live_evaluator.h"
#include "alert/live/live_model.h"
#include "alert/live/steady_wall_clock.h"
#include "base/mutex.h"
#include "storage/arrivals.h"

namespace tidemark::alert {

class LiveEngine::Core final : public storage::ArrivalSubscriber {
 public:
  Core(const LiveOptions& options, const LiveDeps& deps);
  ~Core() override;

  absl::Status Apply(RuleFileSet files) ABSL_LOCKS_EXCLUDED(mu_, apply_mu_, wanted_mu_);
  void Restore(std::vector<SavedAlert> alerts) ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<SavedAlert> Save() const ABSL_LOCKS_EXCLUDED(mu_);
  void Forget(model::LabelsView cluster) ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<LiveGroupStatus> Status() const ABSL_LOCKS_EXCLUDED(mu_);
  LiveTotals totals() const ABSL_LOCKS_EXCLUDED(mu_);
  void Start();
  void Stop();
  void RunDue(model::Timestamp now) ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<model::Timestamp> NextDue() const ABSL_LOCKS_EXCLUDED(mu_);

  bool Wants(model::LabelsView labels) const override ABSL_LOCKS_EXCLUDED(wanted_mu_);

 private:
  struct Seed {
    storage::SeriesKey key;
    model::Labels labels;
  };
  using Ready = std::map<uint32_t, std::vector<LivePartition*>>;  // by rank of the rule

  // Arrivals.
  void TakeArrivals() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Note(const storage::Arrival& arrival, const storage::ArrivalBatch& batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Touch(LivePartition* partition, const LiveSeries& series, model::Timestamp before,
             bool newcomer, const LiveTrigger& trigger) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void NoteLate(LivePartition* partition, model::Timestamp t) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void NoteEvicted(storage::SeriesRef ref) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetLeft() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeEverythingAgain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // When to evaluate.
  void LookAtScrapes(LivePartition* partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Plan(LivePartition* partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  model::Timestamp EarliestOf(const LivePartition& partition) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Queue(LivePartition* partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void QueueNew() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeDeadlines() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool DropIfDone(LivePartition* partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  // Evaluating.
  bool Work(int64_t until_nanos) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool RunRound(int64_t until_nanos) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void EvaluateQueued(LivePartition* partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void CommitWritten() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void FinishRank() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RunLate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void SetNow(model::Timestamp now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::optional<model::Timestamp> NextDueLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool WorkASlice() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Loop();

  // Rules.
  absl::StatusOr<std::vector<Seed>> FindSeeds(const LiveModel& model) const;
  void AddSeeds(const std::vector<Seed>& seeds) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  LiveSeries* AddSeries(storage::SeriesKey key, model::LabelsView labels)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeOver(LiveModel* before) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void TakeOverPartition(LivePartition* old, const LiveRule* rule)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RestoreOne(const SavedAlert& saved) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetPartition(LivePartition* partition) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  LiveRuleStatus StatusOf(const LiveRule& rule) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const LiveOptions options_;
  const LiveDeps deps_;
  const ClusterIdentity identity_;

  base::Mutex apply_mu_ ABSL_ACQUIRED_BEFORE(mu_);  // appliers take turns
  mutable base::Mutex wanted_mu_;
  std::shared_ptr<const LiveInputs> wanted_ ABSL_GUARDED_BY(wanted_mu_);

  mutable base::Mutex mu_;
  SteadyWallClock wall_ ABSL_GUARDED_BY(mu_);
  model::Timestamp now_ ABSL_GUARDED_BY(mu_) = 0;  // never goes back
  std::unique_ptr<LiveModel> model_ ABSL_GUARDED_BY(mu_);
  LiveEvaluator evaluator_ ABSL_GUARDED_BY(mu_);
  EvaluationPacer pacer_ ABSL_GUARDED_BY(mu_);
  DeadlineHeap<LivePartition> deadlines_ ABSL_GUARDED_BY(mu_);
  Ready ready_ ABSL_GUARDED_BY(mu_);                       // of this round
  Ready next_ready_ ABSL_GUARDED_BY(mu_);                  // of the next one
  std::optional<uint32_t> rank_ ABSL_GUARDED_BY(mu_);      // that the round has reached
  std::vector<LivePartition*> late_ ABSL_GUARDED_BY(mu_);  // whose late samples are due
  // Series that have left memory, by the time from which on they count for nothing.
  std::multimap<model::Timestamp, storage::SeriesRef> leaving_ ABSL_GUARDED_BY(mu_);
  uint64_t arrivals_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t overflows_ ABSL_GUARDED_BY(mu_) = 0;

  // Writer: Stop. Reader: the evaluating thread. Publishes nothing.
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace tidemark::alert
