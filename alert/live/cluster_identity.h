// ClusterIdentity tells from a series' labels which cluster it is of, and what the cluster's own
// Prometheus would have called it.
//
// The identity of a cluster are the labels that tell it from the others, with their values: of
// several sets of names the first all of which a series has, and those of its sender (its tenant)
// that it has. Its bare labels are those without the identity and without what tells replicas of
// one sender apart. Immutable; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"

namespace tidemark::alert {

class ClusterIdentity {
 public:
  ClusterIdentity(std::vector<std::vector<std::string>> choices,
                  std::vector<std::string> sender_labels, std::vector<std::string> replica_labels)
      : choices_(std::move(choices)),
        sender_labels_(std::move(sender_labels)),
        replica_labels_(std::move(replica_labels)) {}

  // Whether clusters are told apart at all.
  bool enabled() const { return !choices_.empty(); }

  struct Split {
    model::Labels cluster;  // empty for a series of no cluster
    model::Labels bare;
  };
  Split Of(model::LabelsView labels) const;

  // Whether a label may be part of an identity, or is that of a replica.
  bool Strips(std::string_view name) const;

 private:
  const std::vector<std::vector<std::string>> choices_;
  const std::vector<std::string> sender_labels_;
  const std::vector<std::string> replica_labels_;
};

// `labels` with those of `cluster` that it has none of by name.
model::Labels WithIdentity(model::LabelsView labels, model::LabelsView cluster);

}  // namespace tidemark::alert
