#include "storage/rocksdb/cold_rows.h"

#include <memory>

#include "absl/strings/escaping.h"
#include "base/check.h"
#include "base/status_macros.h"
#include "base/string_map.h"
#include "storage/rocksdb/internal/cold_schema.h"
#include "storage/rocksdb/internal/store_impl.h"
#include "storage/rocksdb/rocks_store.h"
#include "storage/rocksdb/status.h"

namespace tidemark::storage {

using internal::Family;
using internal::FromSlice;
using internal::ToSlice;

namespace {

class RocksColdReader final : public ColdReader {
 public:
  // All must outlive the reader.
  RocksColdReader(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* series,
                  rocksdb::ColumnFamilyHandle* index)
      : db_(db),
        series_(series),
        index_(index),
        snapshot_(db->GetSnapshot(),
                  [db](const rocksdb::Snapshot* snapshot) { db->ReleaseSnapshot(snapshot); }) {}

  absl::StatusOr<bool> GetRow(const ColdPair& pair, uint16_t block,
                              std::string* row) const override {
    std::string key;
    internal::AppendColdPairKey(pair.week, pair.name, pair.value, &key);
    internal::AppendColdBlock(block, &key);
    const rocksdb::Status got = db_->Get(Options(), index_, key, row);
    if (got.IsNotFound()) {
      return false;
    }
    RETURN_IF_ERROR(FromRocks(got, "read cold index"));
    return true;
  }

  absl::Status VisitPair(const ColdPair& pair, VisitRow visit) const override {
    std::string first;
    internal::AppendColdPairKey(pair.week, pair.name, pair.value, &first);
    std::string end = first;
    ++end.back();  // of the mark that ends the value
    return VisitRows(first, end, visit);
  }

  absl::Status VisitValues(int64_t week, std::string_view name, std::string_view first,
                           std::string_view last, VisitRow visit) const override {
    std::string begin;
    internal::AppendColdPairKey(week, name, first, &begin);
    std::string end;
    if (last.empty()) {
      internal::AppendColdNameEnd(week, name, &end);
    } else {
      internal::AppendColdPairKey(week, name, last, &end);
      ++end.back();
    }
    return VisitRows(begin, end, visit);
  }

  absl::Status VisitNames(int64_t week,
                          absl::FunctionRef<absl::Status(std::string_view)> visit) const override {
    std::string begin;
    internal::AppendColdNameEnd(week, {}, &begin);  // behind the rows of all series
    std::string end;
    internal::AppendWeekKey(week + 1, &end);
    const rocksdb::Slice end_slice = ToSlice(end);
    const auto rows = NewIterator(&end_slice);
    internal::ColdIndexKey key;
    for (rows->Seek(begin); rows->Valid(); rows->Seek(begin)) {
      if (!internal::DecodeColdIndexKey(FromSlice(rows->key()), &key)) {
        return internal::DamagedEntry(Family::kColdIndex, FromSlice(rows->key()));
      }
      RETURN_IF_ERROR(visit(key.name));
      begin.clear();
      internal::AppendColdNameEnd(week, key.name, &begin);
    }
    return FromRocks(rows->status(), "read cold index");
  }

  absl::Status VisitSeries(
      int64_t week, std::span<const SeriesRef> refs,
      absl::FunctionRef<absl::Status(const ColdSeriesRecord&)> visit) const override {
    constexpr size_t kBatch = 256;
    for (; !refs.empty(); refs = refs.subspan(std::min(kBatch, refs.size()))) {
      RETURN_IF_ERROR(VisitBatch(week, refs.first(std::min(kBatch, refs.size())), visit));
    }
    return absl::OkStatus();
  }

 private:
  rocksdb::ReadOptions Options() const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot_.get();
    return options;
  }

  std::unique_ptr<rocksdb::Iterator> NewIterator(const rocksdb::Slice* end) const {
    rocksdb::ReadOptions options = Options();
    options.iterate_upper_bound = end;
    options.adaptive_readahead = true;
    return std::unique_ptr<rocksdb::Iterator>(db_->NewIterator(options, index_));
  }

  absl::Status VisitRows(const std::string& begin, const std::string& end, VisitRow visit) const {
    const rocksdb::Slice end_slice = ToSlice(end);
    const auto rows = NewIterator(&end_slice);
    internal::ColdIndexKey key;
    for (rows->Seek(begin); rows->Valid(); rows->Next()) {
      if (!internal::DecodeColdIndexKey(FromSlice(rows->key()), &key) || key.is_group) {
        return internal::DamagedEntry(Family::kColdIndex, FromSlice(rows->key()));
      }
      RETURN_IF_ERROR(visit(key.value, key.block, FromSlice(rows->value())));
    }
    return FromRocks(rows->status(), "read cold index");
  }

  absl::Status VisitBatch(int64_t week, std::span<const SeriesRef> refs,
                          absl::FunctionRef<absl::Status(const ColdSeriesRecord&)> visit) const {
    std::vector<std::string> keys(refs.size());
    std::vector<rocksdb::Slice> slices;
    for (size_t i = 0; i < refs.size(); ++i) {
      internal::AppendColdSeriesKey(week, refs[i], &keys[i]);
      slices.push_back(ToSlice(keys[i]));
    }
    std::vector<rocksdb::PinnableSlice> values(refs.size());
    std::vector<rocksdb::Status> statuses(refs.size());
    db_->MultiGet(Options(), series_, refs.size(), slices.data(), values.data(), statuses.data(),
                  /*sorted_input=*/true);
    for (size_t i = 0; i < refs.size(); ++i) {
      if (statuses[i].IsNotFound()) {
        continue;
      }
      RETURN_IF_ERROR(FromRocks(statuses[i], "read cold series"));
      ColdSeriesRecord record;
      record.ref = refs[i];
      if (!internal::DecodeColdSeriesValue(FromSlice(values[i]), &record)) {
        return internal::DamagedEntry(Family::kColdSeries, keys[i]);
      }
      RETURN_IF_ERROR(visit(record));
    }
    return absl::OkStatus();
  }

  rocksdb::DB* const db_;
  rocksdb::ColumnFamilyHandle* const series_;
  rocksdb::ColumnFamilyHandle* const index_;
  const std::shared_ptr<const rocksdb::Snapshot> snapshot_;
};

}  // namespace

std::unique_ptr<ColdReader> RocksStore::NewColdReader() const {
  return std::make_unique<RocksColdReader>(impl_->db.get(), impl_->family(Family::kColdSeries),
                                           impl_->family(Family::kColdIndex));
}

absl::Status RocksStore::LoadColdGroups(
    absl::FunctionRef<absl::Status(const ColdGroup&)> visit) const {
  const std::unique_ptr<rocksdb::Iterator> rows(
      impl_->db->NewIterator(rocksdb::ReadOptions(), impl_->family(Family::kColdIndex)));
  internal::ColdIndexKey key;
  std::string next;
  for (rows->SeekToFirst(); rows->Valid(); rows->Seek(next)) {
    ColdGroup group;
    if (!internal::DecodeColdIndexKey(FromSlice(rows->key()), &key) || !key.is_group ||
        !internal::DecodeColdGroupValue(FromSlice(rows->value()), &group)) {
      return internal::DamagedEntry(Family::kColdIndex, FromSlice(rows->key()));
    }
    group.week = key.week;
    RETURN_IF_ERROR(visit(group));
    next.clear();
    internal::AppendWeekKey(key.week + 1, &next);
  }
  return FromRocks(rows->status(), "read cold groups");
}

absl::Status RocksStore::DropColdGroupsBefore(int64_t week) {
  std::string end;
  internal::AppendWeekKey(week, &end);
  RETURN_IF_ERROR(impl_->DropBefore(Family::kColdIndex, end));
  return impl_->DropBefore(Family::kColdSeries, end);
}

void StoreBatch::PutColdSeries(int64_t week, const ColdSeriesRecord& series) {
  std::string key;
  internal::AppendColdSeriesKey(week, series.ref, &key);
  impl_->scratch.clear();
  internal::AppendColdSeriesValue(series, &impl_->scratch);
  impl_->Put(Family::kColdSeries, key, impl_->scratch);
}

void StoreBatch::PutColdPostings(const ColdPair& pair, uint16_t block, std::string_view row) {
  std::string key;
  internal::AppendColdPairKey(pair.week, pair.name, pair.value, &key);
  internal::AppendColdBlock(block, &key);
  impl_->Put(Family::kColdIndex, key, row);
}

void StoreBatch::PutColdGroup(const ColdGroup& group) {
  std::string key;
  internal::AppendWeekKey(group.week, &key);
  impl_->scratch.clear();
  internal::AppendColdGroupValue(group, &impl_->scratch);
  impl_->Put(Family::kColdIndex, key, impl_->scratch);
}

}  // namespace tidemark::storage
