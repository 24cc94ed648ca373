#include "rocksdb/utilities/checkpoint.h"

#include "base/status_macros.h"
#include "storage/rocksdb/internal/store_impl.h"
#include "storage/rocksdb/rocks_store.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage {

absl::Status RocksStore::Checkpoint(const std::string& path) {
  RETURN_IF_ERROR(Flush());
  rocksdb::Checkpoint* created = nullptr;
  RETURN_IF_ERROR(FromRocks(rocksdb::Checkpoint::Create(impl_->db.get(), &created),
                            "prepare a checkpoint of rocksdb"));
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(created);
  return FromRocks(checkpoint->CreateCheckpoint(path),
                   fmt::format("make checkpoint {} of rocksdb", path));
}

}  // namespace tidemark::storage
