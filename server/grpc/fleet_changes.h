// What has changed from one look at the fleet to the next, as the messages that watchers get. Pure.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/fleet.h"
#include "proto/tidemark/v1/fleet.pb.h"
#include "server/grpc/fleet_messages.h"

namespace tidemark::server {

// One change with what a filter asks about.
struct FleetEvent {
  std::shared_ptr<const v1::FleetChange> message;
  std::string cluster;
  // Of a task: the states it left and reached. The first is none of a task that is new.
  std::optional<fleet::TaskState> from = std::nullopt;
  std::optional<fleet::TaskState> to = std::nullopt;
  std::optional<fleet::Severity> severity = std::nullopt;  // of a finding
};

bool IsSelected(const FleetEvent& event, const FleetSelection& selection);

// In order of clusters; of a cluster first what it is itself, then its tasks, then its findings.
// Clusters that were not evaluated in between are not looked at.
std::vector<FleetEvent> EventsBetween(const fleet::FleetSnapshot& before,
                                      const fleet::FleetSnapshot& after);

// Everything that is selected of one cluster as it is, told as if it had just appeared.
std::vector<FleetEvent> EventsOf(const fleet::ClusterReport& cluster, int64_t at_ms,
                                 const FleetSelection& selection);
// The same of the clusters that are missing.
std::vector<FleetEvent> EventsOfMissing(const fleet::FleetSnapshot& snapshot,
                                        const FleetSelection& selection);

}  // namespace tidemark::server
