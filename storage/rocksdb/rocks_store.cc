#include "storage/rocksdb/rocks_store.h"

#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "rocksdb/convenience.h"
#include "storage/rocksdb/internal/open.h"
#include "storage/rocksdb/internal/options.h"
#include "storage/rocksdb/internal/rocks_chunk_reader.h"
#include "storage/rocksdb/internal/store_impl.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage {

using internal::Family;
using internal::FromSlice;
using internal::ToSlice;
using internal::View;

namespace internal {

absl::Status DamagedEntry(Family family, std::string_view key) {
  return absl::DataLossError(fmt::format("rocksdb column family {}, key {}: damaged entry",
                                         kFamilyNames[static_cast<size_t>(family)],
                                         absl::CHexEscape(base::ToAbsl(key))));
}

}  // namespace internal

namespace {

constexpr size_t kLoadReadaheadBytes = 2u << 20;

// For walks over a whole family: read far ahead, leave the cache to queries.
rocksdb::ReadOptions WalkOptions() {
  rocksdb::ReadOptions options;
  options.readahead_size = kLoadReadaheadBytes;
  options.fill_cache = false;
  return options;
}

}  // namespace

absl::Status RocksStore::Impl::Shut() {
  if (db == nullptr) {
    return absl::OkStatus();
  }
  gauges->Detach();
  for (rocksdb::ColumnFamilyHandle* handle : families) {
    db->DestroyColumnFamilyHandle(handle).PermitUncheckedError();
  }
  absl::Status closed = FromRocks(db->Close(), "close rocksdb");
  db.reset();
  return closed;
}

absl::Status RocksStore::Impl::ForEach(Family from, VisitEntry visit) const {
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(WalkOptions(), family(from)));
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    RETURN_IF_ERROR(visit(FromSlice(it->key()), FromSlice(it->value())));
  }
  return FromRocks(it->status(), fmt::format("read rocksdb column family {}",
                                             internal::kFamilyNames[static_cast<size_t>(from)]));
}

absl::Status RocksStore::Impl::Heal() const {
  if (listener->health().ok()) {
    return absl::OkStatus();
  }
  const uint64_t error_count = listener->error_count();
  RETURN_IF_ERROR(FromRocks(db->Resume(), "resume rocksdb after an error"));
  listener->MarkHealed(error_count);
  return absl::OkStatus();
}

// The first waiting flush after a recovery may return while its job still runs (seen with 7.8.3,
// fault_test.cc), and whoever asked for it is about to delete the journal behind it.
absl::Status RocksStore::Impl::AwaitMemtables() const {
  constexpr int64_t kLookAgainMs = 10;
  while (gauges->Read(rocksdb::DB::Properties::kNumImmutableMemTable) > 0) {
    RETURN_IF_ERROR(listener->health());
    listener->AwaitFlush(kLookAgainMs);
  }
  return listener->health();
}

absl::Status RocksStore::Impl::WriteRaw(rocksdb::WriteBatch* batch) const {
  // With flushes failing a write would wait for memory instead of returning.
  RETURN_IF_ERROR(Heal());
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  return FromRocks(db->Write(options, batch), "write to rocksdb");
}

absl::StatusOr<std::unique_ptr<RocksStore>> RocksStore::Open(const std::string& path,
                                                             const RocksStoreOptions& options,
                                                             const RocksStoreDeps& deps) {
  auto impl = std::make_unique<Impl>();
  impl->listener = std::make_shared<internal::HealthListener>(deps.logger, deps.metrics);
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  rocksdb::DBOptions db_options = internal::MakeDbOptions(options, deps.env);
  db_options.listeners = {impl->listener};

  absl::StatusOr<internal::OpenDatabase> open =
      internal::OpenOrCreate(path, db_options, internal::MakeFamilies(options, cache));
  if (!open.ok()) {
    return base::Annotate(open.status(), fmt::format("open rocksdb {}", path));
  }
  impl->db = std::move(open->db);
  impl->families = open->families;
  impl->gauges = std::make_shared<internal::PropertyGauges>(impl->db.get(), cache);
  if (deps.metrics != nullptr) {
    impl->gauges->Register(deps.metrics);
  }
  return std::unique_ptr<RocksStore>(new RocksStore(std::move(impl)));
}

RocksStore::RocksStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RocksStore::~RocksStore() = default;

absl::Status RocksStore::Close() {
  const absl::Status flushed = Flush();
  const absl::Status closed = impl_->Shut();
  return flushed.ok() ? closed : flushed;
}

absl::Status RocksStore::LoadSeries(
    absl::FunctionRef<absl::Status(const SeriesRecord&)> visit) const {
  return impl_->ForEach(Family::kSeries, [visit](std::string_view key, std::string_view value) {
    SeriesRecord series;
    if (!internal::DecodeSeriesKey(key, &series.ref) ||
        !internal::DecodeSeriesValue(value, &series)) {
      return internal::DamagedEntry(Family::kSeries, key);
    }
    return visit(series);
  });
}

absl::Status RocksStore::LoadStates(
    absl::FunctionRef<absl::Status(const SeriesState&)> visit) const {
  return impl_->ForEach(Family::kState, [visit](std::string_view key, std::string_view value) {
    SeriesState state;
    if (!internal::DecodeSeriesKey(key, &state.ref) || !internal::DecodeStateValue(value, &state)) {
      return internal::DamagedEntry(Family::kState, key);
    }
    return visit(state);
  });
}

absl::Status RocksStore::LoadMetadata(
    absl::FunctionRef<absl::Status(std::string_view metric, const MetricMetadata&)> visit) const {
  return impl_->ForEach(Family::kMetadata, [visit](std::string_view key, std::string_view value) {
    MetricMetadata metadata;
    if (!internal::DecodeMetadataValue(value, &metadata)) {
      return internal::DamagedEntry(Family::kMetadata, key);
    }
    return visit(key, metadata);
  });
}

absl::StatusOr<std::optional<std::string>> RocksStore::GetFact(std::string_view name) const {
  std::string value;
  const rocksdb::Status got = impl_->db->Get(rocksdb::ReadOptions(), ToSlice(name), &value);
  if (got.IsNotFound()) {
    return std::nullopt;
  }
  RETURN_IF_ERROR(FromRocks(got, fmt::format("read fact {}", name)));
  return value;
}

absl::Status RocksStore::Write(StoreBatch* batch) {
  if (batch->empty()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(impl_->WriteRaw(&batch->impl_->changes));
  batch->Clear();
  return absl::OkStatus();
}

absl::Status RocksStore::Flush() {
  RETURN_IF_ERROR(impl_->Heal());
  rocksdb::FlushOptions options;
  options.wait = true;
  options.allow_write_stall = true;  // rather slow the next sweep than wait without a bound
  RETURN_IF_ERROR(
      FromRocks(impl_->db->Flush(options, {impl_->families.begin(), impl_->families.end()}),
                "flush rocksdb"));
  return impl_->AwaitMemtables();
}

std::unique_ptr<ChunkReader> RocksStore::NewChunkReader() const {
  return std::make_unique<internal::RocksChunkReader>(impl_->db.get(),
                                                      impl_->family(Family::kChunks));
}

absl::Status RocksStore::Impl::DropBefore(Family from, std::string_view end_key) const {
  rocksdb::ColumnFamilyHandle* const family = this->family(from);
  const rocksdb::Slice begin("", 0);
  const rocksdb::Slice end = ToSlice(end_key);
  const std::string context =
      fmt::format("drop old rows of {}", internal::kFamilyNames[static_cast<size_t>(from)]);
  const rocksdb::RangePtr range(&begin, &end);
  RETURN_IF_ERROR(FromRocks(rocksdb::DeleteFilesInRanges(db.get(), family, &range, 1,
                                                         /*include_end=*/false),
                            context));
  // What lies in files or memtables together with newer rows. Looking first keeps needless range
  // deletions, which every read pays for, out of the store.
  {
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &end;
    const std::unique_ptr<rocksdb::Iterator> rest(db->NewIterator(options, family));
    rest->SeekToFirst();
    if (!rest->Valid()) {
      return FromRocks(rest->status(), context);
    }
  }
  rocksdb::WriteBatch batch;
  RETURN_IF_ERROR(FromRocks(batch.DeleteRange(family, begin, end), context));
  return WriteRaw(&batch);
}

absl::Status RocksStore::DropBucketsBefore(int64_t bucket) {
  return impl_->DropBefore(Family::kChunks, View(internal::FirstChunkKey(bucket)));
}

absl::Status RocksStore::health() const { return impl_->listener->health(); }

absl::Status RocksStore::Heal() { return impl_->Heal(); }

uint64_t RocksStore::DiskBytes() const {
  return impl_->gauges->Read(rocksdb::DB::Properties::kLiveSstFilesSize);
}

uint64_t RocksStore::MemoryBytes() const {
  return impl_->gauges->Read(rocksdb::DB::Properties::kSizeAllMemTables);
}

}  // namespace tidemark::storage
