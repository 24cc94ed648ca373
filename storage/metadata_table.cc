#include "storage/metadata_table.h"

#include <algorithm>

namespace tidemark::storage {

bool MetadataTable::Set(std::string_view metric, const MetricMetadata& metadata) {
  base::MutexLock lock(&mu_);
  const auto [it, added] = families_.try_emplace(std::string(metric), metadata);
  if (!added && it->second == metadata) {
    return false;
  }
  it->second = metadata;
  dirty_.insert(std::string(metric));
  return true;
}

void MetadataTable::Restore(std::string_view metric, const MetricMetadata& metadata) {
  base::MutexLock lock(&mu_);
  families_.insert_or_assign(std::string(metric), metadata);
}

std::vector<MetadataTable::Entry> MetadataTable::List(std::string_view metric) const {
  base::MutexLock lock(&mu_);
  std::vector<Entry> entries;
  if (!metric.empty()) {
    if (const auto it = families_.find(metric); it != families_.end()) {
      entries.emplace_back(*it);
    }
    return entries;
  }
  entries.assign(families_.begin(), families_.end());
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.first < b.first; });
  return entries;
}

std::vector<MetadataTable::Entry> MetadataTable::TakeDirty() {
  base::MutexLock lock(&mu_);
  std::vector<Entry> entries;
  for (const std::string& metric : dirty_) {
    entries.emplace_back(metric, families_.find(metric)->second);
  }
  dirty_.clear();
  return entries;
}

void MetadataTable::Untake(const std::vector<Entry>& entries) {
  base::MutexLock lock(&mu_);
  for (const Entry& entry : entries) {
    dirty_.insert(entry.first);
  }
}

}  // namespace tidemark::storage
