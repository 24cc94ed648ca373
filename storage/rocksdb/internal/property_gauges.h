// PropertyGauges shows sizes that RocksDB keeps as metrics, read at each scrape.
//
// The metrics may outlive the database: after Detach they read 0. Thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/metrics.h"
#include "base/mutex.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"

namespace tidemark::storage::internal {

class PropertyGauges : public std::enable_shared_from_this<PropertyGauges> {
 public:
  PropertyGauges(rocksdb::DB* db, std::shared_ptr<rocksdb::Cache> cache)
      : db_(db), cache_(std::move(cache)) {}

  // `metrics` may outlive this.
  void Register(base::MetricsRegistry* metrics);
  // The database is about to close.
  void Detach() ABSL_LOCKS_EXCLUDED(mu_);

  // The property summed over all column families; 0 after Detach.
  uint64_t Read(const std::string& property) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable base::Mutex mu_;
  rocksdb::DB* db_ ABSL_GUARDED_BY(mu_);
  const std::shared_ptr<rocksdb::Cache> cache_;
};

}  // namespace tidemark::storage::internal
