// LiveModel is what is in force: the rules, and what there is of clusters, series and partitions
// for them.
//
// Invariants:
//   1. A series is a member of exactly the partitions it belongs to by its labels, of the rules
//   that
//      read it.
//   2. A rule that cannot be split has one partition for each cluster there is, with or without
//      members; a rule that can be split has those that have, or had, a member or an alert.
//
// Owned by the engine; thread-compatible.
#pragma once

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "alert/live/cluster_identity.h"
#include "alert/live/live_engine.h"
#include "alert/live/live_inputs.h"
#include "alert/live/live_partition.h"
#include "alert/live/live_rule.h"

namespace tidemark::alert {

class LiveModel {
 public:
  // InvalidArgument when a rule is not valid. Options, engine and identity must outlive the model.
  static absl::StatusOr<std::unique_ptr<LiveModel>> Create(RuleFileSet files,
                                                           const LiveOptions& options,
                                                           const ClusterIdentity* identity,
                                                           const query::Engine* engine);

  const std::vector<std::unique_ptr<LiveRule>>& rules() const { return rules_; }
  // Of all files, in order.
  const std::vector<const RuleGroup*>& groups() const { return groups_; }
  const std::vector<std::unique_ptr<LiveScope>>& scopes() const { return scopes_; }
  // Shared with whoever asks on other threads which series are wanted.
  std::shared_ptr<const LiveInputs> inputs() const { return inputs_; }

  // The series; null if it is not known.
  LiveSeries* FindSeries(storage::SeriesRef ref) const;
  // Notes a series and makes it a member where it belongs. One that no rule reads is noted, too.
  LiveSeries* AddSeries(storage::SeriesKey key, model::LabelsView labels);
  // Takes a series out of everything.
  void RemoveSeries(LiveSeries* series);

  // The scope of `rule` for the cluster with these labels; made if it is not there.
  LiveScope* ScopeOf(const LiveRule& rule, const model::Labels& cluster);
  // The partition of `scope` with these labels; made if it is not there.
  LivePartition* PartitionOf(LiveScope* scope, const model::Labels& labels);
  // Destroys it. REQUIRES: no members, no deadline, not queued.
  static void RemovePartition(LivePartition* partition);

  // Partitions made since the last call, for their first evaluation.
  std::vector<LivePartition*> TakeMade() { return std::exchange(made_, {}); }

  void ForEachPartition(absl::FunctionRef<void(LivePartition*)> visit) const;
  size_t partition_count() const;
  size_t series_count() const { return series_.size(); }
  size_t cluster_count() const { return clusters_.size(); }

  // The longest time that a sample counts for any rule.
  int64_t reach_ms() const { return reach_ms_; }

 private:
  LiveModel(const ClusterIdentity* identity) : identity_(identity) {}

  LiveCluster* ClusterOf(const model::Labels& labels);
  LiveScope* MakeScope(LiveRule* rule, LiveCluster* cluster);
  void Join(LiveSeries* series, LiveScope* scope, model::LabelsView labels);

  const ClusterIdentity* const identity_;
  RuleFileSet files_;
  std::vector<const RuleGroup*> groups_;
  std::vector<std::unique_ptr<LiveRule>> rules_;  // by rank
  std::shared_ptr<const LiveInputs> inputs_;
  LiveCluster fleet_;                     // of what is evaluated on everything
  std::vector<LiveScope*> fleet_scopes_;  // by rank; null for rules of single clusters
  base::StringMap<std::unique_ptr<LiveCluster>> clusters_;  // by the bytes of their labels
  std::vector<std::unique_ptr<LiveScope>> scopes_;
  absl::flat_hash_map<storage::SeriesRef, std::unique_ptr<LiveSeries>> series_;
  std::vector<LivePartition*> made_;
  int64_t reach_ms_ = 0;
};

}  // namespace tidemark::alert
