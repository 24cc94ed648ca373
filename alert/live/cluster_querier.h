// ClusterQuerier is a store as the Prometheus of one cluster would have it: the cluster's series,
// under their bare labels.
//
// For what reads more than a rule's own inputs: queries in templates, info(). Everything selected
// is read at once. Thread-safe if the store is. Store, identity and cluster must outlive it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "alert/live/cluster_identity.h"
#include "model/labels.h"
#include "storage/memory_querier.h"
#include "storage/querier.h"

namespace tidemark::alert {

class ClusterQuerier final : public storage::Querier {
 public:
  ClusterQuerier(const storage::Querier& store, const ClusterIdentity& identity,
                 model::LabelsView cluster)
      : store_(store), identity_(identity), cluster_(cluster) {}

  absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelNames(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelValues(
      std::string_view name, const storage::Selection& selection) const override;

 private:
  absl::StatusOr<std::unique_ptr<storage::MemoryQuerier>> Fetch(
      const storage::Selection& selection) const;

  const storage::Querier& store_;
  const ClusterIdentity& identity_;
  const model::LabelsView cluster_;
};

}  // namespace tidemark::alert
