#include "base/check.h"
#include "storage/rocksdb/internal/store_impl.h"
#include "storage/rocksdb/rocks_store.h"

namespace tidemark::storage {

using internal::Family;
using internal::ToSlice;
using internal::View;

namespace {

// A WriteBatch refuses a change only when it is out of memory or of sequence numbers.
void MustSucceed(const rocksdb::Status& status) {
  TIDEMARK_CHECK(status.ok(), "adding to a write batch: {}", status.ToString());
}

}  // namespace

void StoreBatch::Impl::Put(Family to, std::string_view key, std::string_view value) {
  MustSucceed(changes.Put(family(to), ToSlice(key), ToSlice(value)));
}

StoreBatch::StoreBatch(const RocksStore& store) : impl_(std::make_unique<Impl>()) {
  impl_->families = store.impl_->families;
}

StoreBatch::~StoreBatch() = default;

void StoreBatch::PutSeries(const SeriesRecord& series) {
  impl_->scratch.clear();
  internal::AppendSeriesValue(series, &impl_->scratch);
  const auto key = internal::EncodeSeriesKey(series.ref);
  MustSucceed(
      impl_->changes.Put(impl_->family(Family::kSeries), ToSlice(View(key)), impl_->scratch));
}

void StoreBatch::PutState(const SeriesState& state) {
  impl_->scratch.clear();
  internal::AppendStateValue(state, &impl_->scratch);
  const auto key = internal::EncodeSeriesKey(state.ref);
  MustSucceed(
      impl_->changes.Put(impl_->family(Family::kState), ToSlice(View(key)), impl_->scratch));
}

void StoreBatch::DeleteSeries(SeriesRef ref) {
  const auto key = internal::EncodeSeriesKey(ref);
  MustSucceed(impl_->changes.Delete(impl_->family(Family::kSeries), ToSlice(View(key))));
  MustSucceed(impl_->changes.Delete(impl_->family(Family::kState), ToSlice(View(key))));
}

void StoreBatch::PutMetadata(std::string_view metric, const MetricMetadata& metadata) {
  impl_->scratch.clear();
  internal::AppendMetadataValue(metadata, &impl_->scratch);
  MustSucceed(
      impl_->changes.Put(impl_->family(Family::kMetadata), ToSlice(metric), impl_->scratch));
}

void StoreBatch::PutChunk(const ChunkKey& key, std::string_view value) {
  TIDEMARK_DCHECK(BucketOf(key.start) == key.bucket, "chunk at {} in bucket {}", key.start,
                  key.bucket);
  const auto bytes = internal::EncodeChunkKey(key);
  MustSucceed(
      impl_->changes.Put(impl_->family(Family::kChunks), ToSlice(View(bytes)), ToSlice(value)));
}

void StoreBatch::PutTombstone(uint64_t number, std::string_view value) {
  const auto key = internal::EncodeTombstoneKey(number);
  MustSucceed(
      impl_->changes.Put(impl_->family(Family::kTombstones), ToSlice(View(key)), ToSlice(value)));
}

void StoreBatch::DeleteTombstone(uint64_t number) {
  const auto key = internal::EncodeTombstoneKey(number);
  MustSucceed(impl_->changes.Delete(impl_->family(Family::kTombstones), ToSlice(View(key))));
}

void StoreBatch::PutFact(std::string_view name, std::string_view value) {
  TIDEMARK_CHECK(name != internal::kFormatVersionKey);
  MustSucceed(impl_->changes.Put(impl_->family(Family::kDefault), ToSlice(name), ToSlice(value)));
}

void StoreBatch::DeleteFact(std::string_view name) {
  TIDEMARK_CHECK(name != internal::kFormatVersionKey);
  MustSucceed(impl_->changes.Delete(impl_->family(Family::kDefault), ToSlice(name)));
}

size_t StoreBatch::bytes() const { return impl_->changes.GetDataSize(); }
bool StoreBatch::empty() const { return impl_->changes.Count() == 0; }
void StoreBatch::Clear() { impl_->changes.Clear(); }

}  // namespace tidemark::storage
