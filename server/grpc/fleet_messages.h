// What is known of the fleet, as messages of tidemark.v1. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "fleet/fleet.h"
#include "proto/tidemark/v1/fleet.pb.h"

namespace tidemark::server {

// What a FleetFilter selects.
class FleetSelection {
 public:
  explicit FleetSelection(const v1::FleetFilter& filter);

  bool HasCluster(std::string_view name) const {
    return clusters_.empty() || clusters_.contains(name);
  }
  bool HasState(fleet::TaskState state) const;
  bool HasSeverity(fleet::Severity severity) const;
  // Whether a cluster is left out of lists when nothing of it is selected.
  bool IsOfParts() const { return !states_.empty() || IsOfSeverity(); }
  bool IsOfSeverity() const { return at_least_ != v1::SEVERITY_UNSPECIFIED; }

 private:
  std::set<std::string, std::less<>> clusters_;
  std::set<v1::TaskState> states_;
  v1::Severity at_least_;
};

v1::TaskState MessageOf(fleet::TaskState state);
v1::Severity MessageOf(fleet::Severity severity);

// Without its tasks and findings.
v1::Cluster ClusterMessage(const fleet::ClusterReport& cluster);
v1::Task TaskMessage(const fleet::ClusterReport& cluster, const fleet::TaskReport& task);
v1::Finding FindingMessage(std::string_view cluster, const fleet::Finding& finding);
// With those of its tasks and findings that are selected.
v1::Cluster WholeClusterMessage(const fleet::ClusterReport& cluster,
                                const FleetSelection& selection);

}  // namespace tidemark::server
