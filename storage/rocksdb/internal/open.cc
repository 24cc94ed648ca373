#include "storage/rocksdb/internal/open.h"

#include <algorithm>
#include <optional>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/varint.h"
#include "rocksdb/env.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage::internal {
namespace {

using Families = std::vector<rocksdb::ColumnFamilyDescriptor>;

bool IsEmpty(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* family) {
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(rocksdb::ReadOptions(), family));
  it->SeekToFirst();
  return !it->Valid() && it->status().ok();
}

absl::Status CheckVersionText(std::string_view text) {
  uint64_t version = 0;
  const char* end = text.data() + text.size();
  if (model::GetVarint(text.data(), end, &version) != end) {
    return absl::DataLossError("the format version cannot be read");
  }
  if (version != kFormatVersion) {
    return absl::FailedPreconditionError(fmt::format(
        "the store has format version {}, this program reads version {}", version, kFormatVersion));
  }
  return absl::OkStatus();
}

// The store's version as stored; nullopt when there is none.
absl::StatusOr<std::optional<std::string>> ReadVersion(rocksdb::DB* db) {
  std::string text;
  const rocksdb::Status got = db->Get(rocksdb::ReadOptions(), ToSlice(kFormatVersionKey), &text);
  if (got.IsNotFound()) {
    return std::nullopt;
  }
  RETURN_IF_ERROR(FromRocks(got, "read the format version"));
  return text;
}

absl::Status NotOurs() {
  return absl::FailedPreconditionError("the folder holds a RocksDB that is not a Tidemark store");
}

// Looks into a database whose families are not ours without writing to it.
absl::Status CheckReadOnly(const std::string& path, const rocksdb::DBOptions& options) {
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(
      FromRocks(rocksdb::DB::OpenForReadOnly(
                    options, path, {{rocksdb::kDefaultColumnFamilyName, {}}}, &handles, &opened),
                "look at the store"));
  const std::unique_ptr<rocksdb::DB> db(opened);
  const absl::StatusOr<std::optional<std::string>> version = ReadVersion(db.get());
  const bool empty = IsEmpty(db.get(), handles[0]);
  RETURN_IF_ERROR(FromRocks(db->DestroyColumnFamilyHandle(handles[0]), "look at the store"));
  RETURN_IF_ERROR(version.status());
  if (version->has_value()) {
    return CheckVersionText(**version);
  }
  return empty ? absl::OkStatus() : NotOurs();
}

// A store of ours has exactly our families, or only some when its creation was cut short.
absl::Status CheckFamilies(const std::string& path, const rocksdb::DBOptions& options) {
  if (!options.env->FileExists(path + "/CURRENT").ok()) {
    return absl::OkStatus();
  }
  std::vector<std::string> names;
  RETURN_IF_ERROR(FromRocks(rocksdb::DB::ListColumnFamilies(options, path, &names),
                            "list the column families"));
  std::sort(names.begin(), names.end());
  std::vector<std::string> ours(kFamilyNames.begin(), kFamilyNames.end());
  std::sort(ours.begin(), ours.end());
  if (names == ours) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(CheckReadOnly(path, options));
  return std::includes(ours.begin(), ours.end(), names.begin(), names.end()) ? absl::OkStatus()
                                                                             : NotOurs();
}

absl::Status PutVersion(rocksdb::DB* db) {
  std::string text;
  model::AppendVarint(kFormatVersion, &text);
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return FromRocks(db->Put(options, ToSlice(kFormatVersionKey), text), "write the format version");
}

// An empty store gets the version: its first flush takes it along with the first data.
absl::Status CheckOrPutVersion(const OpenDatabase& open) {
  ASSIGN_OR_RETURN(const std::optional<std::string> version, ReadVersion(open.db.get()));
  if (version.has_value()) {
    return CheckVersionText(*version);
  }
  const bool empty = std::all_of(open.families.begin(), open.families.end(),
                                 [&open](auto* family) { return IsEmpty(open.db.get(), family); });
  return empty ? PutVersion(open.db.get()) : NotOurs();
}

}  // namespace

absl::StatusOr<OpenDatabase> OpenOrCreate(const std::string& path,
                                          const rocksdb::DBOptions& options,
                                          const Families& families) {
  // RocksDB would make it as well, but first it would report that it cannot be listed.
  RETURN_IF_ERROR(FromRocks(options.env->CreateDirIfMissing(path), "make the folder"));
  RETURN_IF_ERROR(CheckFamilies(path, options));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(options, path, families, &handles, &opened), "open"));
  OpenDatabase open;
  open.db.reset(opened);
  std::copy(handles.begin(), handles.end(), open.families.begin());
  if (const absl::Status checked = CheckOrPutVersion(open); !checked.ok()) {
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      open.db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    }
    return checked;
  }
  return open;
}

}  // namespace tidemark::storage::internal
