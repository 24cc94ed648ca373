// MetadataTable keeps the latest type, help and unit of each metric family. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/string_map.h"
#include "storage/types.h"

namespace tidemark::storage {

class MetadataTable {
 public:
  using Entry = std::pair<std::string, MetricMetadata>;

  // Sets what is known of `metric`; false when that was known already.
  bool Set(std::string_view metric, const MetricMetadata& metadata) ABSL_LOCKS_EXCLUDED(mu_);
  // As Set, for what is persisted already.
  void Restore(std::string_view metric, const MetricMetadata& metadata) ABSL_LOCKS_EXCLUDED(mu_);

  // All families, or only `metric`, in order of name.
  std::vector<Entry> List(std::string_view metric = {}) const ABSL_LOCKS_EXCLUDED(mu_);

  // What was set since the last call; Untake gives it back after a failure to persist it.
  std::vector<Entry> TakeDirty() ABSL_LOCKS_EXCLUDED(mu_);
  void Untake(const std::vector<Entry>& entries) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable base::Mutex mu_;
  base::StringMap<MetricMetadata> families_ ABSL_GUARDED_BY(mu_);
  base::StringSet dirty_ ABSL_GUARDED_BY(mu_);
};

}  // namespace tidemark::storage
