#include "storage/rocksdb/internal/property_gauges.h"

namespace tidemark::storage::internal {
namespace {

struct PropertyMetric {
  const std::string& property;
  std::string_view name;
  std::string_view help;
};

}  // namespace

void PropertyGauges::Register(base::MetricsRegistry* metrics) {
  using Properties = rocksdb::DB::Properties;
  const PropertyMetric shown[] = {
      {Properties::kLiveSstFilesSize, "tidemark_storage_rocksdb_sst_bytes",
       "Size of the table files in use."},
      {Properties::kSizeAllMemTables, "tidemark_storage_rocksdb_memtable_bytes",
       "Memory of the memtables, those of open snapshots included."},
      {Properties::kEstimatePendingCompactionBytes,
       "tidemark_storage_rocksdb_pending_compaction_bytes",
       "Estimate of what compaction still has to rewrite."},
      {Properties::kNumSnapshots, "tidemark_storage_rocksdb_snapshots", "Open snapshots."},
  };
  const std::shared_ptr<PropertyGauges> self = shared_from_this();
  for (const PropertyMetric& metric : shown) {
    metrics->AddGaugeCallback(metric.name, metric.help, [self, property = metric.property] {
      return static_cast<double>(self->Read(property));
    });
  }
  metrics->AddGaugeCallback("tidemark_storage_rocksdb_block_cache_bytes",
                            "Memory of the cached blocks.",
                            [self] { return static_cast<double>(self->cache_->GetUsage()); });
}

void PropertyGauges::Detach() {
  base::MutexLock lock(&mu_);
  db_ = nullptr;
}

uint64_t PropertyGauges::Read(const std::string& property) const {
  base::ReaderMutexLock lock(&mu_);
  uint64_t value = 0;
  if (db_ != nullptr && !db_->GetAggregatedIntProperty(property, &value)) {
    value = 0;
  }
  return value;
}

}  // namespace tidemark::storage::internal
