#include "storage/rocksdb/rocks_backups.h"

#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "rocksdb/utilities/backup_engine.h"
#include "storage/rocksdb/internal/open.h"
#include "storage/rocksdb/internal/options.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage {
namespace {

constexpr uint64_t kProgressBytes = 1u << 20;
constexpr int64_t kMsPerSecond = 1000;

// A store that is open only to be copied: nothing of it is rewritten meanwhile.
class OpenStore {
 public:
  static absl::StatusOr<std::unique_ptr<OpenStore>> Open(const std::string& path) {
    RocksStoreOptions options;
    options.block_cache_bytes = 0;
    auto families = internal::MakeFamilies(options, rocksdb::NewLRUCache(1u << 20));
    for (rocksdb::ColumnFamilyDescriptor& family : families) {
      family.options.disable_auto_compactions = true;
    }
    rocksdb::DBOptions db_options = internal::MakeDbOptions(options, nullptr, nullptr);
    db_options.create_if_missing = false;
    ASSIGN_OR_RETURN(internal::OpenDatabase open,
                     internal::OpenOrCreate(path, db_options, families));
    return std::unique_ptr<OpenStore>(new OpenStore(std::move(open)));
  }
  ~OpenStore() {
    for (rocksdb::ColumnFamilyHandle* handle : open_.families) {
      open_.db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
    }
    open_.db->Close().PermitUncheckedError();
  }
  OpenStore(const OpenStore&) = delete;
  OpenStore& operator=(const OpenStore&) = delete;

  rocksdb::DB* db() { return open_.db.get(); }

 private:
  explicit OpenStore(internal::OpenDatabase open) : open_(std::move(open)) {}

  internal::OpenDatabase open_;
};

rocksdb::BackupEngineOptions EngineOptions(const std::string& dir) {
  rocksdb::BackupEngineOptions options(dir);
  options.callback_trigger_interval_size = kProgressBytes;
  return options;
}

}  // namespace

uint32_t StoreFormatVersion() { return static_cast<uint32_t>(internal::kFormatVersion); }

struct RocksBackups::Impl {
  std::unique_ptr<rocksdb::BackupEngine> writer;  // null when open for reading
  std::unique_ptr<rocksdb::BackupEngineReadOnly> read_only;

  const rocksdb::BackupEngineReadOnlyBase* reader() const {
    if (writer != nullptr) {
      return writer.get();
    }
    return read_only.get();
  }
};

RocksBackups::RocksBackups(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RocksBackups::~RocksBackups() = default;

absl::StatusOr<std::unique_ptr<RocksBackups>> RocksBackups::Open(const std::string& dir,
                                                                 Access access) {
  auto impl = std::make_unique<Impl>();
  rocksdb::Status opened;
  if (access == Access::kWrite) {
    rocksdb::BackupEngine* engine = nullptr;
    opened = rocksdb::BackupEngine::Open(EngineOptions(dir), rocksdb::Env::Default(), &engine);
    impl->writer.reset(engine);
  } else {
    rocksdb::BackupEngineReadOnly* engine = nullptr;
    opened =
        rocksdb::BackupEngineReadOnly::Open(EngineOptions(dir), rocksdb::Env::Default(), &engine);
    impl->read_only.reset(engine);
  }
  RETURN_IF_ERROR(FromRocks(opened, fmt::format("open backups {}", dir)));
  return std::unique_ptr<RocksBackups>(new RocksBackups(std::move(impl)));
}

absl::StatusOr<uint32_t> RocksBackups::Create(const std::string& store, const std::string& note,
                                              std::function<void(uint64_t bytes)> copied) {
  TIDEMARK_CHECK(impl_->writer != nullptr);
  absl::StatusOr<std::unique_ptr<OpenStore>> open = OpenStore::Open(store);
  if (!open.ok()) {
    return base::Annotate(open.status(), fmt::format("open store {}", store));
  }
  rocksdb::CreateBackupOptions options;
  options.progress_callback = [copied = std::move(copied), bytes = uint64_t{0}]() mutable {
    copied(bytes += kProgressBytes);
  };
  rocksdb::BackupID id = 0;
  RETURN_IF_ERROR(
      FromRocks(impl_->writer->CreateNewBackupWithMetadata(options, (*open)->db(), note, &id),
                fmt::format("back up store {}", store)));
  return id;
}

std::vector<StoreBackup> RocksBackups::List() const {
  std::vector<rocksdb::BackupInfo> infos;
  impl_->reader()->GetBackupInfo(&infos);
  std::vector<StoreBackup> backups;
  for (const rocksdb::BackupInfo& info : infos) {
    backups.push_back(
        {info.backup_id, info.timestamp * kMsPerSecond, info.size, info.app_metadata});
  }
  return backups;
}

absl::Status RocksBackups::Verify(uint32_t id) const {
  return FromRocks(impl_->reader()->VerifyBackup(id, /*verify_with_checksum=*/true),
                   fmt::format("verify backup {}", id));
}

absl::Status RocksBackups::Restore(uint32_t id, const std::string& store) const {
  return FromRocks(
      impl_->reader()->RestoreDBFromBackup(rocksdb::RestoreOptions(), id, store, store),
      fmt::format("restore backup {} to {}", id, store));
}

}  // namespace tidemark::storage
