// Fleet is all clusters together: it takes samples, says of each series whether it looks at it, and
// gives reports of what is known.
//
//   Fleet fleet(options);
//   fleet.Restore(saved);                                   // before anything else
//   if (auto input = fleet.Attach(labels)) fleet.Apply(*input, sample, received_ms);
//   fleet.Evaluate(now_ms);
//   std::shared_ptr<const FleetSnapshot> now = fleet.snapshot();
//
// Deterministic: no threads, no clock. Thread-compatible, except Wants(), which is thread-safe. A
// snapshot never changes and may be read by anyone.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/string_map.h"
#include "fleet/diagnosis/diagnose.h"
#include "fleet/diagnosis/finding_tracker.h"
#include "fleet/diagnosis/incident.h"
#include "fleet/identity/cluster_identity.h"
#include "fleet/task/cluster_state.h"
#include "fleet/task/task_report.h"
#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::fleet {

struct Member;

struct FleetOptions {
  IdentityRules identity;
  // Names of clusters (ClusterIdentity::name) that must be there.
  std::vector<std::string> expected;
  // Labels by which clusters may share a cause: where they are, where their backups go.
  std::vector<std::string> group_labels = {"region", "storage"};
  DiagnosisThresholds thresholds;
  IncidentRules incidents;
  // An instance that has told nothing for so long is no longer one of its cluster.
  int64_t forget_instances_ms = kDayMs;
};

struct InstanceReport {
  std::string name;
  Component component = Component::kUnknown;
  std::string version;
  model::Timestamp first_seen = 0;
  model::Timestamp last_seen = 0;
  bool alive = false;
};

// Everything about one cluster, as of one evaluation.
struct ClusterReport {
  ClusterIdentity identity;
  model::Timestamp first_sample = 0;
  model::Timestamp last_sample = 0;
  int64_t first_received_ms = 0;
  int64_t last_received_ms = 0;
  int64_t delivery_lag_ms = 0;
  bool silent = false;
  bool expected = false;  // one of FleetOptions::expected
  std::vector<Sender> senders;
  std::vector<InstanceReport> instances;
  std::vector<ClusterIdSeen> ids;
  LabelPairs group_labels;
  std::vector<TaskReport> tasks;
  std::vector<Finding> findings;  // in falling order of severity

  // The worst finding of the task, or of the cluster as a whole; null if all is well.
  const Finding* WorstOf(std::string_view task) const;
};

// An expected cluster that nothing has ever come from.
struct MissingCluster {
  std::string name;
  Finding finding;  // since the fleet began to wait for it, by the receiver's clock
};

struct FleetSnapshot {
  int64_t at_ms = 0;                                           // receiver's clock
  std::vector<std::shared_ptr<const ClusterReport>> clusters;  // in order of name
  std::vector<MissingCluster> missing;                         // in order of the expected list
  std::vector<Incident> incidents;

  // By name, or by labels as PromQL writes them; null if there is none.
  std::shared_ptr<const ClusterReport> Find(std::string_view name) const;
};

class Fleet {
 public:
  explicit Fleet(FleetOptions options);
  ~Fleet();
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  // Whether a series tells anything. Thread-safe.
  bool Wants(model::LabelsView series) const {
    return ReadSignal(series).has_value() && reader_.IdentityOf(series).has_value();
  }

  // Where the samples of one series go. Valid while generation() stays what it is.
  struct Input {
    Member* member = nullptr;
    ClusterState::Input place;
    std::string replica;
  };
  // None for a series that is not wanted.
  std::optional<Input> Attach(model::LabelsView series);
  void Apply(const Input& input, model::Sample sample, int64_t received_ms);
  // Changes when inputs become invalid: attach again.
  uint64_t generation() const { return generation_; }

  // Diagnoses the clusters that something has come from since the last call; `all`: every one, as
  // must be done now and then, because time alone changes things.
  void Evaluate(int64_t now_ms, bool all = true);
  // Of the last Evaluate(). Never null.
  std::shared_ptr<const FleetSnapshot> snapshot() const { return snapshot_; }

  // Forgets a cluster and tells which it was. It comes back with the first sample that is newer
  // than all it had sent, but not when older ones are read again. NotFound if there is none.
  absl::StatusOr<ClusterIdentity> Forget(std::string_view name);
  // Forgets one task of a cluster.
  absl::Status ForgetTask(std::string_view cluster, std::string_view task);

  using SavedCluster = std::pair<ClusterIdentity, ClusterState::Saved>;
  struct ForgottenCluster {
    model::Labels labels;        // its identity
    model::Timestamp until = 0;  // samples up to here do not bring it back
    int64_t at_ms = 0;           // when it was forgotten, by the receiver's clock

    friend bool operator==(const ForgottenCluster&, const ForgottenCluster&) = default;
  };
  // What outlives a restart of the server, in order of the labels' bytes.
  struct Saved {
    std::vector<SavedCluster> clusters;
    std::vector<ForgottenCluster> forgotten;  // within kForgottenMs
  };
  // Longer than anyone reads back in the store.
  static constexpr int64_t kForgottenMs = kDayMs;
  Saved Save() const;
  void Restore(Saved saved);

  const FleetOptions& options() const { return options_; }

 private:
  Member* MemberOf(const ClusterIdentity& identity);
  Member* Named(std::string_view name) const;
  void EvaluateMember(Member* member, int64_t now_ms);
  void ExpireForgotten(int64_t now_ms);
  // REQUIRES: the clusters of `snapshot` are complete and in order.
  void FindMissing(FleetSnapshot* snapshot);

  const FleetOptions options_;
  const IdentityReader reader_;
  base::StringMap<std::unique_ptr<Member>> members_;  // by the labels' bytes
  base::StringMap<ForgottenCluster> forgotten_;       // by the labels' bytes
  base::StringMap<int64_t> waited_since_;             // of each expected cluster that is missing
  std::shared_ptr<const FleetSnapshot> snapshot_;
  uint64_t generation_ = 0;
};

}  // namespace tidemark::fleet
