#include "storage/rocksdb/rocks_store.h"

#include "absl/strings/escaping.h"
#include "base/check.h"
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

// Takes from a batch the chunks of the bucket that is being rewritten.
class ChunkNoter final : public rocksdb::WriteBatch::Handler {
 public:
  ChunkNoter(uint32_t chunks, internal::RewriteNotes* notes)
      : chunks_(chunks), notes_(notes), prefix_(internal::EncodeSealedKey(notes->bucket)) {}

  rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    constexpr size_t kBucketBytes = sizeof(int64_t);
    if (family == chunks_ && key.starts_with({prefix_.data(), kBucketBytes})) {
      notes_->chunks.emplace_back(key.ToString(), value.ToString());
    }
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(uint32_t /*family*/, const rocksdb::Slice& /*key*/) override {
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteRangeCF(uint32_t /*family*/, const rocksdb::Slice& /*begin*/,
                                const rocksdb::Slice& /*end*/) override {
    return rocksdb::Status::OK();
  }
  rocksdb::Status MergeCF(uint32_t /*family*/, const rocksdb::Slice& /*key*/,
                          const rocksdb::Slice& /*value*/) override {
    return rocksdb::Status::OK();
  }
  rocksdb::Status MarkNoop(bool /*empty_batch*/) override { return rocksdb::Status::OK(); }

 private:
  const uint32_t chunks_;
  internal::RewriteNotes* const notes_;
  const internal::SealedKeyBytes prefix_;
};

// Removes what a rewrite that was cut short left.
absl::Status EmptyFolder(rocksdb::Env* env, const std::string& path) {
  RETURN_IF_ERROR(FromRocks(env->CreateDirIfMissing(path), "make the folder for rewrites"));
  std::vector<std::string> names;
  RETURN_IF_ERROR(FromRocks(env->GetChildren(path, &names), "list the folder for rewrites"));
  for (const std::string& name : names) {
    if (name != "." && name != "..") {
      RETURN_IF_ERROR(
          FromRocks(env->DeleteFile(path + "/" + name), "empty the folder for rewrites"));
    }
  }
  return absl::OkStatus();
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

absl::Status RocksStore::Impl::Write(rocksdb::WriteBatch* batch) {
  base::MutexLock lock(&write_mu);
  RETURN_IF_ERROR(WriteRaw(batch));
  if (rewrite == nullptr) {
    return absl::OkStatus();
  }
  ChunkNoter noter(family(Family::kChunks)->GetID(), rewrite.get());
  const rocksdb::Status noted = batch->Iterate(&noter);
  TIDEMARK_CHECK(noted.ok(), "reading a batch that was written: {}", noted.ToString());
  return absl::OkStatus();
}

const rocksdb::Snapshot* RocksStore::Impl::BeginRewrite(int64_t bucket) {
  base::MutexLock lock(&write_mu);
  TIDEMARK_CHECK(rewrite == nullptr, "bucket {} is being rewritten", rewrite->bucket);
  rewrite = std::make_unique<internal::RewriteNotes>();
  rewrite->bucket = bucket;
  return db->GetSnapshot();
}

void RocksStore::Impl::EndRewrite() {
  base::MutexLock lock(&write_mu);
  rewrite = nullptr;
}

absl::Status RocksStore::Impl::CommitRewrite(bool delete_chunks, const rocksdb::Slice& begin,
                                             const rocksdb::Slice& end,
                                             rocksdb::WriteBatch* changes) {
  rocksdb::ColumnFamilyHandle* chunks = family(Family::kChunks);
  base::MutexLock lock(&write_mu);
  if (delete_chunks) {
    RETURN_IF_ERROR(FromRocks(changes->DeleteRange(chunks, begin, end), "delete sealed chunks"));
    for (const auto& [key, value] : rewrite->chunks) {
      RETURN_IF_ERROR(FromRocks(changes->Put(chunks, key, value), "keep newer chunks"));
    }
  }
  return WriteRaw(changes);
}

absl::StatusOr<std::unique_ptr<RocksStore>> RocksStore::Open(const std::string& path,
                                                             const RocksStoreOptions& options,
                                                             const RocksStoreDeps& deps) {
  auto impl = std::make_unique<Impl>();
  impl->listener = std::make_shared<internal::HealthListener>(deps.logger, deps.metrics);
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  rocksdb::DBOptions db_options = internal::MakeDbOptions(options, deps.env, deps.logger);
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
  impl->env = deps.env == nullptr ? rocksdb::Env::Default() : deps.env;
  impl->rewrite_dir = path + ".rewrite";
  RETURN_IF_ERROR(EmptyFolder(impl->env, impl->rewrite_dir));
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

absl::Status RocksStore::LoadFacts(
    std::string_view prefix,
    absl::FunctionRef<absl::Status(std::string_view name, std::string_view value)> visit) const {
  return impl_->ForEach(Family::kDefault, [&](std::string_view name, std::string_view value) {
    return name.starts_with(prefix) ? visit(name, value) : absl::OkStatus();
  });
}

absl::Status RocksStore::Write(StoreBatch* batch) {
  if (batch->empty()) {
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(impl_->Write(&batch->impl_->changes));
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
  return std::make_unique<internal::RocksChunkReader>(impl_->db.get(), impl_->families);
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
  base::MutexLock lock(&write_mu);
  return WriteRaw(&batch);
}

absl::Status RocksStore::DropBucketsBefore(int64_t bucket) {
  const internal::SealedKeyBytes end = internal::EncodeSealedKey(bucket);
  RETURN_IF_ERROR(impl_->DropBefore(Family::kSealed, View(end)));
  return impl_->DropBefore(Family::kChunks, View(end));
}

absl::StatusOr<std::vector<int64_t>> RocksStore::Impl::BucketsOf(Family of) const {
  std::vector<int64_t> buckets;
  const std::unique_ptr<rocksdb::Iterator> it(db->NewIterator(WalkOptions(), family(of)));
  for (it->SeekToFirst(); it->Valid();) {
    int64_t bucket = 0;
    SeriesKey series;
    if (!internal::DecodeSealedKey(FromSlice(it->key()).substr(0, internal::kSealedKeyBytes),
                                   &bucket, &series)) {
      return internal::DamagedEntry(of, FromSlice(it->key()));
    }
    buckets.push_back(bucket);
    it->Seek(ToSlice(View(internal::EncodeSealedKey(bucket + 1))));
  }
  RETURN_IF_ERROR(FromRocks(it->status(), "list buckets"));
  return buckets;
}

absl::StatusOr<std::vector<int64_t>> RocksStore::UnsealedBuckets() const {
  return impl_->BucketsOf(Family::kChunks);
}

absl::StatusOr<std::vector<int64_t>> RocksStore::SealedBuckets() const {
  return impl_->BucketsOf(Family::kSealed);
}

uint64_t RocksStore::Impl::BytesOf(Family of, int64_t bucket) const {
  const internal::SealedKeyBytes begin = internal::EncodeSealedKey(bucket);
  const internal::SealedKeyBytes end = internal::EncodeSealedKey(bucket + 1);
  const rocksdb::Range range(ToSlice(View(begin)), ToSlice(View(end)));
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  uint64_t bytes = 0;
  const rocksdb::Status got = db->GetApproximateSizes(options, family(of), &range, 1, &bytes);
  return got.ok() ? bytes : 0;
}

uint64_t RocksStore::UnsealedBytes(int64_t bucket) const {
  return impl_->BytesOf(Family::kChunks, bucket);
}

uint64_t RocksStore::BucketBytes(int64_t bucket) const {
  return impl_->BytesOf(Family::kChunks, bucket) + impl_->BytesOf(Family::kSealed, bucket);
}

absl::Status RocksStore::CompactChunks(std::atomic<bool>* canceled) {
  rocksdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.canceled = canceled;
  const rocksdb::Status compacted =
      impl_->db->CompactRange(options, impl_->family(Family::kChunks), nullptr, nullptr);
  return compacted.IsIncomplete() ? absl::OkStatus() : FromRocks(compacted, "compact chunks");
}

absl::Status RocksStore::LoadTombstones(
    absl::FunctionRef<absl::Status(uint64_t number, std::string_view value)> visit) const {
  return impl_->ForEach(Family::kTombstones, [visit](std::string_view key, std::string_view value) {
    uint64_t number = 0;
    if (!internal::DecodeTombstoneKey(key, &number)) {
      return internal::DamagedEntry(Family::kTombstones, key);
    }
    return visit(number, value);
  });
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
