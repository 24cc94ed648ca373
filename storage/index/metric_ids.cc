#include "storage/index/metric_ids.h"

#include <algorithm>
#include <string>

#include "fmt/format.h"

namespace tidemark::storage {

MetricId MetricIds::Assign(std::string_view name) {
  const auto found = ids_.find(name);
  if (found != ids_.end()) {
    return found->second;
  }
  ids_.emplace(std::string(name), ++last_);
  return last_;
}

absl::Status MetricIds::Restore(std::string_view name, MetricId id) {
  if (id == kNoMetric) {
    return absl::DataLossError(fmt::format("metric {} without a number", name));
  }
  if (ids_.find(name) == ids_.end()) {
    ids_.emplace(std::string(name), id);
  }
  last_ = std::max(last_, id);
  return absl::OkStatus();
}

std::optional<MetricId> MetricIds::Find(std::string_view name) const {
  const auto found = ids_.find(name);
  return found == ids_.end() ? std::nullopt : std::optional<MetricId>(found->second);
}

}  // namespace tidemark::storage
