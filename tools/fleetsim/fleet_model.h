// FleetModel: a fleet of TiDB clusters with log backup on, as numbers over time.
//
// Each cluster has TiKV stores, TiDB servers and PDs; each of these is an Instance with target
// labels and a MetricTable. At() gives the state of an instance at any moment, from which its table
// computes every series. Equal options give equal numbers, in any order of asking.
// Immutable after construction, hence thread-safe. Times are milliseconds since the Unix epoch and
// must not lie before 2026.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tools/fleetsim/cluster_timeline.h"
#include "tools/fleetsim/incident.h"
#include "tools/fleetsim/load_curve.h"
#include "tools/fleetsim/metric_table.h"

namespace tidemark::fleetsim {

// Who labels the fleet: TiUP, or TiDB Operator 1.x.
enum class LabelStyle { kTiup, kOperator };

struct FleetOptions {
  uint64_t seed = 1;
  int clusters = 3;
  int tikv = 3;  // per cluster, as are the next two
  int tidb = 2;
  int pd = 1;
  std::string name_prefix = {};  // of the names of all clusters
  LabelStyle labels = LabelStyle::kTiup;
  int64_t restart_every_ms = 7LL * 86'400'000;     // of a store, on average
  int64_t owner_move_every_ms = 4LL * 86'400'000;  // of a cluster, on average
  std::vector<Incident> incidents = {};
  std::map<int, int64_t> clock_ahead_ms = {};  // of clusters whose clocks are wrong
  std::map<int, int> named_like = {};          // clusters that bear the name of another
};

enum class Role { kTikv, kTidb, kPd };

struct Instance {
  Role role = Role::kTikv;
  int cluster = 0;
  int ordinal = 0;                     // among its role in the cluster
  const MetricTable* table = nullptr;  // owned by the model
  LabelPairs labels;                   // external and target labels, in order of name
  std::string path;                    // of its metrics page: /c0/tikv-0/metrics
};

class FleetModel {
 public:
  explicit FleetModel(FleetOptions options);

  const FleetOptions& options() const { return options_; }
  std::span<const Instance> instances() const { return instances_; }

  // `t_ms` is the true time; the state's now_ms is that of the cluster's clocks.
  InstanceState At(const Instance& instance, int64_t t_ms) const;

  // Series that `instance` exports at `t_ms`.
  size_t CountSeries(const Instance& instance, int64_t t_ms) const;

 private:
  // What makes a cluster differ from its neighbours.
  struct Cluster {
    ClusterTimeline timeline;
    LoadCurve load;
    uint64_t key = 0;
    double events_per_second = 0;  // of a store, on average over a day
    double regions = 0;            // leaders of a store
    int64_t task_start_ms = 0;
    MetricTable pd_table;
  };

  std::unique_ptr<Cluster> MakeCluster(int index) const;
  void AddInstances(int cluster, Role role, int count, const MetricTable* table);
  void FillCluster(const Cluster& cluster, InstanceState* state) const;
  void FillTikv(const Cluster& cluster, int store, InstanceState* state) const;
  void FillTask(const Cluster& cluster, int store, InstanceState* state) const;
  void FillTaskStatus(const Cluster& cluster, int store, InstanceState* state) const;
  void FillCheckpoints(const Cluster& cluster, int store, InstanceState* state) const;
  void FillTidb(const Cluster& cluster, int tidb, InstanceState* state) const;

  FleetOptions options_;
  MetricTable tikv_table_;
  MetricTable tidb_table_;
  std::vector<std::unique_ptr<Cluster>> clusters_;
  std::vector<Instance> instances_;
};

// A number of clusters that makes about `series` series with the other `options`.
int ClustersForSeries(const FleetOptions& options, int64_t series);

}  // namespace tidemark::fleetsim
