#include "alert/live/cluster_identity.h"

#include <algorithm>

namespace tidemark::alert {
namespace {

bool HasAll(model::LabelsView labels, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(),
                     [labels](const std::string& name) { return labels.Has(name); });
}

bool Contains(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

ClusterIdentity::Split ClusterIdentity::Of(model::LabelsView labels) const {
  const auto choice =
      std::find_if(choices_.begin(), choices_.end(),
                   [labels](const std::vector<std::string>& c) { return HasAll(labels, c); });
  model::LabelsBuilder cluster;
  model::LabelsBuilder bare(labels);
  const auto take = [&](const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      cluster.Set(name, labels.Get(name));
      bare.Delete(name);
    }
  };
  if (choice != choices_.end()) {
    take(*choice);
    take(sender_labels_);
  }
  for (const std::string& name : replica_labels_) {
    bare.Delete(name);
  }
  return {cluster.Build(), bare.Build()};
}

bool ClusterIdentity::Strips(std::string_view name) const {
  return Contains(sender_labels_, name) || Contains(replica_labels_, name) ||
         std::any_of(choices_.begin(), choices_.end(),
                     [name](const std::vector<std::string>& c) { return Contains(c, name); });
}

model::Labels WithIdentity(model::LabelsView labels, model::LabelsView cluster) {
  model::LabelsBuilder builder(labels);
  for (const model::LabelView& label : cluster) {
    if (!labels.Has(label.name)) {
      builder.Set(label.name, label.value);
    }
  }
  return builder.Build();
}

}  // namespace tidemark::alert
