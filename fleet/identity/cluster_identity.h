// Which cluster a series belongs to: the rule by which labels of different deployments become one
// identity.
//
// TiUP names a cluster by `cluster`, an operator on Kubernetes by the pair of Kubernetes cluster
// and TiDB cluster, or by namespace and name. The first of these that a series has in full is its
// cluster's name; the labels that name its sender (its tenant) always belong to it. Two Prometheus
// servers that watch the same cluster differ in replica labels only, which are no part of it.
//
// Pure functions of their arguments; thread-compatible, and thread-safe once constructed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "model/labels.h"

namespace tidemark::fleet {

struct IdentityRules {
  // Label names that together name a cluster; the first entry whose labels a series all has counts.
  std::vector<std::vector<std::string>> names = {
      {"k8s_cluster", "tidb_cluster"}, {"kubernetes_namespace", "cluster"}, {"cluster"}};
  // Labels that belong to the identity where a series has them: who sends it.
  std::vector<std::string> sender = {"tenant"};
  // Labels by which senders of the same cluster differ.
  std::vector<std::string> replica = {"prometheus_replica", "replica"};

  friend bool operator==(const IdentityRules&, const IdentityRules&) = default;
};

// InvalidArgument if no entry names a cluster, or a name is empty or is used twice.
absl::Status CheckIdentityRules(const IdentityRules& rules);

// One cluster. Two are the same when their labels are.
struct ClusterIdentity {
  model::Labels labels;  // those of the rule and of the sender, and no others
  // The labels' values for people and addresses: "prod", "k8s-1/db-orders", "team-a/prod". A slash
  // or percent sign in a value is written as %2F or %25.
  std::string name;

  friend bool operator==(const ClusterIdentity& a, const ClusterIdentity& b) {
    return a.labels == b.labels;
  }
};

class IdentityReader {
 public:
  // REQUIRES: CheckIdentityRules(rules) is OK.
  explicit IdentityReader(IdentityRules rules) : rules_(std::move(rules)) {}

  // The cluster that the series belongs to; none if no entry of the rules fits.
  std::optional<ClusterIdentity> IdentityOf(model::LabelsView series) const;

  // The series as all its replicas have it.
  model::Labels WithoutReplica(model::LabelsView series) const;

  // Which of several senders of the cluster the series comes from: `prometheus_replica="a"`, and
  // so on. Empty when there is no such label.
  std::string ReplicaOf(model::LabelsView series) const;

  const IdentityRules& rules() const { return rules_; }

 private:
  IdentityRules rules_;
};

}  // namespace tidemark::fleet
