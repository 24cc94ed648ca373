// The RocksDB options of a store and of each of its column families.
#pragma once

#include <memory>
#include <vector>

#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/options.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage::internal {

// `env` and `logger` may be null.
rocksdb::DBOptions MakeDbOptions(const RocksStoreOptions& options, rocksdb::Env* env,
                                 base::Logger* logger);

// One descriptor a family, in the order of Family, all on `cache`.
std::vector<rocksdb::ColumnFamilyDescriptor> MakeFamilies(
    const RocksStoreOptions& options, const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace tidemark::storage::internal
