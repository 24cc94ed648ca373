#include "tools/fleetsim/fleet_labels.h"

#include "fmt/format.h"

namespace tidemark::fleetsim {
namespace {

// Clusters that share one Kubernetes cluster, and one namespace of it.
constexpr int kClustersPerKubernetes = 50;
constexpr int kClustersPerNamespace = 5;

int StatusPort(Role role) {
  switch (role) {
    case Role::kTikv:
      return 20180;
    case Role::kTidb:
      return 10080;
    case Role::kPd:
      return 2379;
  }
  return 0;
}

// A private address: the cluster decides the network, role and ordinal the host in it.
std::string HostAndPort(int cluster, Role role, int ordinal) {
  const int host = 1 + static_cast<int>(role) * 100 + ordinal % 100;
  const int network = cluster % 65536;
  return fmt::format("10.{}.{}.{}:{}", network / 256, network % 256, host, StatusPort(role));
}

LabelPairs TiupLabels(const std::string& name, int cluster, Role role, int ordinal) {
  return {{"cluster", name},
          {"instance", HostAndPort(cluster, role, ordinal)},
          {"job", std::string(RoleName(role))},
          {"monitor", "prometheus"}};
}

// `cluster` is the one whose name it bears.
LabelPairs OperatorLabels(const std::string& name, int cluster, Role role, int ordinal) {
  const std::string space = fmt::format("ns-{}", cluster / kClustersPerNamespace);
  const std::string_view component = RoleName(role);
  return {{"cluster", name},
          {"component", std::string(component)},
          {"instance", fmt::format("{}-{}-{}", name, component, ordinal)},
          {"job", fmt::format("{}-{}-{}", space, name, component)},
          {"k8s_cluster", fmt::format("k8s-{}", cluster / kClustersPerKubernetes)},
          {"kubernetes_namespace", space},
          {"prometheus_replica", fmt::format("{}_{}-monitor-monitor-0", space, name)},
          {"tidb_cluster", fmt::format("{}-{}", space, name)}};
}

}  // namespace

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kTikv:
      return "tikv";
    case Role::kTidb:
      return "tidb";
    case Role::kPd:
      return "pd";
  }
  return "";
}

std::string ClusterName(int cluster) { return fmt::format("c{}", cluster); }

std::string PagePath(int cluster, Role role, int ordinal) {
  return fmt::format("/{}/{}-{}/metrics", ClusterName(cluster), RoleName(role), ordinal);
}

LabelPairs TargetLabels(const FleetOptions& options, int cluster, Role role, int ordinal) {
  const auto like = options.named_like.find(cluster);
  const int named = like == options.named_like.end() ? cluster : like->second;
  const std::string name = options.name_prefix + ClusterName(named);
  return options.labels == LabelStyle::kTiup ? TiupLabels(name, cluster, role, ordinal)
                                             : OperatorLabels(name, named, role, ordinal);
}

}  // namespace tidemark::fleetsim
