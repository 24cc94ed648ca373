#include "storage/rocksdb/bucket_rewrite.h"

#include <tuple>
#include <vector>

#include "base/check.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "rocksdb/sst_file_writer.h"
#include "storage/rocksdb/internal/rocks_chunk_reader.h"
#include "storage/rocksdb/internal/store_impl.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage {

using internal::Family;
using internal::FromSlice;
using internal::SealedKeyBytes;
using internal::ToSlice;
using internal::View;

namespace {

constexpr uint64_t kTableBytes = 64u << 20;
constexpr size_t kReadaheadBytes = 1u << 20;
constexpr MetricId kFirstMetric = kNoMetric + 1;  // timelines come before it

}  // namespace

struct BucketRewrite::Impl {
  Impl(RocksStore::Impl* of, int64_t rewritten)
      : store(of),
        bucket(rewritten),
        begin(internal::EncodeSealedKey(rewritten)),
        end(internal::EncodeSealedKey(rewritten + 1)),
        end_slice(ToSlice(View(end))),
        snapshot(of->BeginRewrite(rewritten)),
        sealed(NewIterator(Family::kSealed)),
        chunks(NewIterator(Family::kChunks)) {}

  ~Impl() {
    sealed.reset();
    chunks.reset();
    store->db->ReleaseSnapshot(snapshot);
    store->EndRewrite();
    writer.reset();
    for (const std::string& file : files) {
      // What was ingested is gone from here already.
      store->env->DeleteFile(file).PermitUncheckedError();
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::unique_ptr<rocksdb::Iterator> NewIterator(Family family) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.iterate_upper_bound = &end_slice;
    options.readahead_size = kReadaheadBytes;
    options.fill_cache = false;
    return std::unique_ptr<rocksdb::Iterator>(
        store->db->NewIterator(options, store->family(family)));
  }

  bool Next();
  void Start();
  bool ReadSealed();
  bool ReadChunk();
  bool SealedIsNext() const;

  absl::Status Add(SeriesKey series, const std::string* row);
  absl::Status OpenTable();
  absl::Status FinishTable();
  absl::Status Ingest();
  absl::Status Commit(rocksdb::WriteBatch* changes);

  RocksStore::Impl* const store;
  const int64_t bucket;
  const SealedKeyBytes begin;
  const SealedKeyBytes end;
  const rocksdb::Slice end_slice;
  const rocksdb::Snapshot* const snapshot;

  // The walk: the next entry of each family, if there is one, and what Next gave.
  std::unique_ptr<rocksdb::Iterator> sealed;
  std::unique_ptr<rocksdb::Iterator> chunks;
  bool started = false;
  bool has_sealed = false;
  bool has_chunk = false;
  bool present_is_sealed = false;
  ChunkKey sealed_key;
  ChunkKey chunk_key;
  std::string_view sealed_value;
  bool chunks_seen = false;
  uint64_t bytes_read = 0;
  absl::Status status;

  std::unique_ptr<rocksdb::SstFileWriter> writer;  // of the last of `files`, if it is open
  std::vector<std::string> files;
  bool timelines_begun = false;
  uint64_t bytes_written = 0;
  std::string scratch;
};

void BucketRewrite::Impl::Start() {
  started = true;
  sealed->Seek(ToSlice(View(internal::EncodeSealedKey(bucket, {kFirstMetric, kNoSeries}))));
  chunks->Seek(ToSlice(View(begin)));
  has_sealed = ReadSealed();
  has_chunk = ReadChunk();
}

bool BucketRewrite::Impl::ReadSealed() {
  if (!sealed->Valid()) {
    status.Update(FromRocks(sealed->status(), "read sealed chunks"));
    return false;
  }
  sealed_value = FromSlice(sealed->value());
  bytes_read += sealed_value.size();
  if (!internal::DecodeSealedEntry(FromSlice(sealed->key()), &sealed_key, &sealed_value)) {
    status.Update(internal::DamagedEntry(Family::kSealed, FromSlice(sealed->key())));
    return false;
  }
  return true;
}

bool BucketRewrite::Impl::ReadChunk() {
  if (!chunks->Valid()) {
    status.Update(FromRocks(chunks->status(), "read chunks"));
    return false;
  }
  chunks_seen = true;
  bytes_read += chunks->value().size();
  if (!internal::DecodeChunkKey(FromSlice(chunks->key()), &chunk_key)) {
    status.Update(internal::DamagedEntry(Family::kChunks, FromSlice(chunks->key())));
    return false;
  }
  return true;
}

bool BucketRewrite::Impl::SealedIsNext() const {
  return has_sealed && (!has_chunk || std::tie(sealed_key.metric, sealed_key.series) <=
                                          std::tie(chunk_key.metric, chunk_key.series));
}

bool BucketRewrite::Impl::Next() {
  if (!started) {
    Start();
  } else if (present_is_sealed) {
    sealed->Next();
    has_sealed = ReadSealed();
  } else {
    chunks->Next();
    has_chunk = ReadChunk();
  }
  present_is_sealed = SealedIsNext();
  return status.ok() && (has_sealed || has_chunk);
}

absl::Status BucketRewrite::Impl::OpenTable() {
  rocksdb::Options options(store->db->GetDBOptions(),
                           store->db->GetOptions(store->family(Family::kSealed)));
  writer = std::make_unique<rocksdb::SstFileWriter>(
      rocksdb::EnvOptions(store->db->GetDBOptions()), options, store->family(Family::kSealed),
      /*invalidate_page_cache=*/true, rocksdb::Env::IOPriority::IO_LOW);
  files.push_back(fmt::format("{}/{}-{}.sst", store->rewrite_dir, bucket, files.size()));
  return FromRocks(writer->Open(files.back()), "create a table file");
}

absl::Status BucketRewrite::Impl::FinishTable() {
  if (writer == nullptr) {
    return absl::OkStatus();
  }
  rocksdb::ExternalSstFileInfo info;
  RETURN_IF_ERROR(FromRocks(writer->Finish(&info), "finish a table file"));
  bytes_written += info.file_size;
  writer.reset();
  return absl::OkStatus();
}

// Puts the row, or a deletion if it is null.
absl::Status BucketRewrite::Impl::Add(SeriesKey series, const std::string* row) {
  if (writer != nullptr && writer->FileSize() >= kTableBytes) {
    RETURN_IF_ERROR(FinishTable());
  }
  if (writer == nullptr) {
    RETURN_IF_ERROR(OpenTable());
  }
  const SealedKeyBytes key = internal::EncodeSealedKey(bucket, series);
  return FromRocks(
      row == nullptr ? writer->Delete(ToSlice(View(key))) : writer->Put(ToSlice(View(key)), *row),
      "write a table file");
}

absl::Status BucketRewrite::Impl::Ingest() {
  RETURN_IF_ERROR(FinishTable());
  if (files.empty()) {
    return absl::OkStatus();
  }
  rocksdb::IngestExternalFileOptions options;
  options.move_files = true;
  options.write_global_seqno = false;
  RETURN_IF_ERROR(store->Heal());
  if (store->listener->stopped()) {
    return absl::UnavailableError(
        "ingest sealed chunks: rocksdb takes no files after this error; start the server again");
  }
  return FromRocks(store->db->IngestExternalFile(store->family(Family::kSealed), files, options),
                   "ingest sealed chunks");
}

absl::Status BucketRewrite::Impl::Commit(rocksdb::WriteBatch* changes) {
  return store->CommitRewrite(chunks_seen, ToSlice(View(begin)), end_slice, changes);
}

std::unique_ptr<BucketRewrite> RocksStore::StartRewrite(int64_t bucket) {
  return std::unique_ptr<BucketRewrite>(
      new BucketRewrite(std::make_unique<BucketRewrite::Impl>(impl_.get(), bucket)));
}

BucketRewrite::BucketRewrite(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BucketRewrite::~BucketRewrite() = default;

int64_t BucketRewrite::bucket() const { return impl_->bucket; }

absl::Status BucketRewrite::ForEachTimeline(
    absl::FunctionRef<absl::Status(uint32_t number, std::string_view row)> visit) const {
  const auto it = impl_->NewIterator(Family::kSealed);
  for (it->Seek(ToSlice(View(impl_->begin))); it->Valid(); it->Next()) {
    int64_t bucket = 0;
    SeriesKey key;
    if (!internal::DecodeSealedKey(FromSlice(it->key()), &bucket, &key)) {
      return internal::DamagedEntry(Family::kSealed, FromSlice(it->key()));
    }
    if (key.metric != kNoMetric) {
      break;
    }
    RETURN_IF_ERROR(visit(key.series, FromSlice(it->value())));
  }
  return FromRocks(it->status(), "read timelines");
}

absl::StatusOr<std::string> BucketRewrite::LoadTimeline(uint32_t number) const {
  return internal::LoadTimeline(impl_->store->db.get(), impl_->store->family(Family::kSealed),
                                impl_->snapshot, impl_->bucket, number);
}

bool BucketRewrite::Next() { return impl_->Next(); }
const ChunkKey& BucketRewrite::key() const {
  return impl_->present_is_sealed ? impl_->sealed_key : impl_->chunk_key;
}
std::string_view BucketRewrite::value() const {
  return impl_->present_is_sealed ? impl_->sealed_value : FromSlice(impl_->chunks->value());
}
absl::Status BucketRewrite::status() const { return impl_->status; }

absl::Status BucketRewrite::Put(SeriesKey series, model::Timestamp start, std::string_view chunk) {
  TIDEMARK_DCHECK(BucketOf(start) == impl_->bucket, "chunk at {} in bucket {}", start,
                  impl_->bucket);
  impl_->scratch.clear();
  internal::AppendSealedValue(start, chunk, &impl_->scratch);
  return impl_->Add(series, &impl_->scratch);
}

absl::Status BucketRewrite::Delete(SeriesKey series) { return impl_->Add(series, nullptr); }

absl::Status BucketRewrite::PutTimeline(uint32_t number, std::string_view row) {
  if (!impl_->timelines_begun) {
    // They come before all series, so they need a file of their own.
    RETURN_IF_ERROR(impl_->FinishTable());
    impl_->timelines_begun = true;
  }
  impl_->scratch.assign(row);
  return impl_->Add(internal::TimelineKey(number), &impl_->scratch);
}

absl::Status BucketRewrite::Ingest() { return impl_->Ingest(); }

absl::Status BucketRewrite::Commit(StoreBatch* batch) {
  RETURN_IF_ERROR(impl_->Commit(&batch->impl_->changes));
  batch->Clear();
  return absl::OkStatus();
}

uint64_t BucketRewrite::bytes_read() const { return impl_->bytes_read; }
uint64_t BucketRewrite::bytes_written() const { return impl_->bytes_written; }

}  // namespace tidemark::storage
