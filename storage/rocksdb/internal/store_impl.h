// What RocksStore and StoreBatch are made of.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "storage/rocksdb/internal/health_listener.h"
#include "storage/rocksdb/internal/property_gauges.h"
#include "storage/rocksdb/internal/schema.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage {

namespace internal {

inline rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view FromSlice(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

using FamilyHandles = std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount>;

// DataLoss that names the family and the key.
absl::Status DamagedEntry(Family family, std::string_view key);

}  // namespace internal

struct RocksStore::Impl {
  using Family = internal::Family;
  using VisitEntry = absl::FunctionRef<absl::Status(std::string_view key, std::string_view value)>;

  ~Impl() { Shut().IgnoreError(); }

  rocksdb::ColumnFamilyHandle* family(Family f) const { return families[static_cast<size_t>(f)]; }
  // Gives the handles back and closes the database; nothing is flushed.
  absl::Status Shut();
  absl::Status ForEach(Family from, VisitEntry visit) const;
  // Resumes the database if its background work failed.
  absl::Status Heal() const;
  // Returns when no memtable waits for its flush.
  absl::Status AwaitMemtables() const;
  absl::Status WriteRaw(rocksdb::WriteBatch* batch) const;
  // Deletes all rows before `end_key`, whole files where it can.
  absl::Status DropBefore(Family from, std::string_view end_key) const;

  std::shared_ptr<internal::HealthListener> listener;
  std::shared_ptr<internal::PropertyGauges> gauges;
  std::unique_ptr<rocksdb::DB> db;  // null once shut
  internal::FamilyHandles families{};
};

struct StoreBatch::Impl {
  rocksdb::ColumnFamilyHandle* family(internal::Family f) const {
    return families[static_cast<size_t>(f)];
  }

  void Put(internal::Family to, std::string_view key, std::string_view value);

  internal::FamilyHandles families;
  rocksdb::WriteBatch changes;
  std::string scratch;  // one encoded value
};

}  // namespace tidemark::storage
