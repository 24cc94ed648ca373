// What the fleet knows as JSON, for the HTTP interface and the command line; the fields are listed
// in docs/http-api.md. Times are RFC 3339 in UTC, durations are seconds, what is not known is null.
// Pure.
#pragma once

#include <string>
#include <string_view>

#include "fleet/fleet.h"

namespace tidemark::fleet {

// Which findings are wanted. An empty field wants any.
struct FindingFilter {
  std::string_view cluster;
  std::string_view finding;
  Severity at_least = Severity::kInfo;
};

// A list: each cluster in short.
void AppendClustersJson(const FleetSnapshot& snapshot, std::string* json);
// Everything about one cluster.
void AppendClusterJson(const ClusterReport& cluster, std::string* json);
// A list: each task of each cluster, with its worst finding.
void AppendTasksJson(const FleetSnapshot& snapshot, std::string* json);
void AppendFindingsJson(const FleetSnapshot& snapshot, const FindingFilter& filter,
                        std::string* json);
void AppendIncidentsJson(const FleetSnapshot& snapshot, std::string* json);

}  // namespace tidemark::fleet
