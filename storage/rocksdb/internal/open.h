// Opening a store's RocksDB: creation, the check of the format version, clear refusals.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "storage/rocksdb/internal/store_impl.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage::internal {

// An open database with its family handles, in the order of Family.
struct OpenDatabase {
  std::unique_ptr<rocksdb::DB> db;
  FamilyHandles families{};
};

// FailedPrecondition when `path` holds another format version or no Tidemark store at all; such a
// folder is left as it is.
absl::StatusOr<OpenDatabase> OpenOrCreate(
    const std::string& path, const rocksdb::DBOptions& options,
    const std::vector<rocksdb::ColumnFamilyDescriptor>& families);

}  // namespace tidemark::storage::internal
