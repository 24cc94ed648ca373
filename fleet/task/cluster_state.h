// ClusterState is what is known of one cluster: its instances, the newest of each of their series,
// and the facts of its backup tasks.
//
// It is fed sample by sample and depends on nothing else: the same samples with the same times of
// receipt make the same state. There is no clock inside; the cluster's own time is that of its
// newest sample. Thread-compatible. Instances and tracks stay where they are until
// ForgetInstances().
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/string_map.h"
#include "fleet/identity/cluster_identity.h"
#include "fleet/task/signal.h"
#include "fleet/task/task_facts.h"
#include "fleet/task/track.h"
#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::fleet {

// A sample counts as present until the cluster's time is so far beyond it.
inline constexpr int64_t kFreshMs = 5 * kMinuteMs;

using DaySums = RecentSums<double, 24, kHourMs>;
using FourDaySums = RecentSums<double, 96, kHourMs>;

// One process of the cluster.
struct Instance {
  std::string name;  // its label `instance`
  Component component = Component::kUnknown;
  std::string version;  // empty: not told
  model::Timestamp first_seen = 0;
  model::Timestamp last_seen = 0;
  OptionalTime watched_since = std::nullopt;   // first sample since this server started
  OptionalTime restarted_at = std::nullopt;    // sample time of the newest start that was noticed
  std::vector<std::unique_ptr<Track>> tracks;  // in order of signal, then part
  std::unique_ptr<DaySums> events;             // by hour; of a TiKV that handles any

  // Null if there is no such series yet.
  const Track* Find(Signal signal, std::string_view part = {}) const;
  // All tracks of `signal`, whatever their part.
  std::span<const std::unique_ptr<Track>> All(Signal signal) const;
};

// One of possibly several Prometheus servers that send the cluster's series.
struct Sender {
  std::string replica;  // its replica labels; empty: it has none
  model::Timestamp last_seen = 0;
};

// A cluster id that PD exported.
struct ClusterIdSeen {
  std::string id;
  model::Timestamp first_seen = 0;
  model::Timestamp last_seen = 0;
  friend bool operator==(const ClusterIdSeen&, const ClusterIdSeen&) = default;
};

struct OwnerFacts {
  std::string instance;  // the TiDB that last was the only or first owner; empty: none seen
  OptionalTime changed_at = std::nullopt;
  std::string before;  // the owner before that change
};

// Volumes of the cluster, hour by hour.
struct ClusterVolumes {
  FourDaySums flushed_bytes;
  FourDaySums flushed_files;
  FourDaySums engine_bytes;
};

class ClusterState {
 public:
  explicit ClusterState(ClusterIdentity identity) : identity_(std::move(identity)) {}
  ClusterState(const ClusterState&) = delete;
  ClusterState& operator=(const ClusterState&) = delete;

  // Where the samples of one series go.
  struct Input {
    Instance* instance = nullptr;
    Track* track = nullptr;
  };
  // The place of a series of this cluster; made if there is none. Several series may have the same
  // one: replicas of one another, and a metric under two spellings.
  Input Attach(model::LabelsView series, const SignalOfSeries& signal);

  // Takes one sample, received at `received_ms` by the receiver's clock.
  void Apply(const Input& input, model::Sample sample, int64_t received_ms);

  // Notes that the sender with these replica labels has sent something of the cluster's time `t`.
  void NoteSender(std::string_view replica, model::Timestamp t);

  // Drops instances and senders of which nothing was heard since `before`. True if any was: every
  // Input is then invalid.
  bool ForgetInstances(model::Timestamp before);

  // Drops what was learnt of a task; false if there is none of that name. It comes back when
  // something of it comes.
  bool ForgetTask(std::string_view name) {
    return std::erase_if(tasks_, [&](const TaskFacts& task) { return task.name == name; }) > 0;
  }

  const ClusterIdentity& identity() const { return identity_; }
  // The sender's time: of the newest sample. 0 before the first.
  model::Timestamp time() const { return time_; }
  model::Timestamp first_sample() const { return first_sample_; }
  int64_t first_received_ms() const { return first_received_ms_; }
  int64_t last_received_ms() const { return last_received_ms_; }
  // How long the newest sample took to come, by the two clocks.
  int64_t delivery_lag_ms() const { return delivery_lag_ms_; }
  // Since when, by the sender's clock, that has stayed the same but for what batches make of it.
  model::Timestamp lag_steady_since() const { return lag_steady_since_; }
  uint64_t late_samples() const { return late_samples_; }

  std::span<const std::unique_ptr<Instance>> instances() const { return instances_; }
  const Instance* FindInstance(std::string_view name) const;
  std::span<const Sender> senders() const { return senders_; }
  std::span<const TaskFacts> tasks() const { return tasks_; }
  const TaskFacts* FindTask(std::string_view name) const;
  std::span<const ClusterIdSeen> ids() const { return ids_; }
  const OwnerFacts& owner() const { return owner_; }
  OptionalTime safe_point() const { return safe_point_; }  // of GC, the latest any instance told
  model::Timestamp safe_point_changed_at() const { return safe_point_changed_at_; }
  OptionalTime fatal_error_at() const { return fatal_error_at_; }
  const ClusterVolumes& volumes() const { return volumes_; }
  // The newest value of each of the labels that incidents are grouped by.
  const std::vector<std::pair<std::string, std::string>>& group_labels() const {
    return group_labels_;
  }
  // Takes those of `names` that the series has.
  void NoteGroupLabels(model::LabelsView series, std::span<const std::string> names);

  // Whether the track's newest sample is of now, in the cluster's time.
  bool Fresh(const Track* track) const {
    return track != nullptr && track->has_value() && !track->ended() &&
           time_ - track->time() <= kFreshMs;
  }
  // Whether anything of the instance is of now.
  bool Alive(const Instance& instance) const { return time_ - instance.last_seen <= kFreshMs; }
  // The highest status that any store tells at `t`; none if none does.
  std::optional<int> StatusOf(std::string_view task, model::Timestamp t) const;

  // What outlives a restart of the server. After Restore(), which comes before the first Apply(),
  // samples up to the saved time fill the tracks but teach no facts: those were learnt.
  struct Saved {
    model::Timestamp first_sample = 0;
    model::Timestamp time = 0;
    int64_t first_received_ms = 0;
    int64_t last_received_ms = 0;
    int64_t delivery_lag_ms = 0;
    std::vector<Sender> senders;
    std::vector<Instance> instances;  // without tracks
    std::vector<TaskFacts> tasks;
    std::vector<ClusterIdSeen> ids;
    OwnerFacts owner;
    OptionalTime safe_point = std::nullopt;
    model::Timestamp safe_point_changed_at = 0;
    std::vector<std::pair<std::string, std::string>> group_labels;
    ClusterVolumes volumes;
  };
  Saved Save() const;
  void Restore(Saved saved);

 private:
  Instance* InstanceNamed(std::string_view name, Component component);
  TaskFacts& TaskNamed(std::string_view name);
  void NoteTime(Instance* instance, model::Timestamp t, int64_t received_ms);
  void Learn(const Input& input, model::Sample sample);
  void LearnIncrease(const Input& input, model::Timestamp t);
  void LearnStatus(std::string_view task, model::Timestamp t);
  void LearnCheckpoint(const Track& track, model::Sample sample);
  void LearnTick(model::Timestamp t);
  void LearnOwner(const Instance& instance, model::Sample sample);
  void LearnSafePoint(model::Sample sample);
  void LearnId(std::string_view label, model::Timestamp t);
  void LearnFatalError(model::Timestamp t);
  void LearnRemoval(model::Timestamp t);

  const ClusterIdentity identity_;
  model::Timestamp time_ = 0;
  model::Timestamp first_sample_ = 0;
  int64_t first_received_ms_ = 0;
  int64_t last_received_ms_ = 0;
  int64_t delivery_lag_ms_ = 0;
  int64_t steady_lag_ms_ = 0;
  model::Timestamp lag_steady_since_ = 0;
  uint64_t late_samples_ = 0;
  model::Timestamp learnt_until_ = model::kMinTimestamp;  // by the server before this one
  std::vector<std::unique_ptr<Instance>> instances_;      // in order of name
  std::vector<Sender> senders_;
  std::vector<TaskFacts> tasks_;  // in order of name
  std::vector<ClusterIdSeen> ids_;
  OwnerFacts owner_;
  OptionalTime safe_point_ = std::nullopt;
  model::Timestamp safe_point_changed_at_ = 0;
  OptionalTime fatal_error_at_ = std::nullopt;
  ClusterVolumes volumes_;
  std::vector<std::pair<std::string, std::string>> group_labels_;
};

}  // namespace tidemark::fleet
