#include "storage/db_series_set.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/status_macros.h"
#include "storage/chunk/chunk_format.h"

namespace tidemark::storage {
namespace {

using model::Sample;
using model::Timestamp;

// Series whose chunks are fetched together: enough to read the disk in order, few enough to keep.
constexpr size_t kRunSeries = 256;

}  // namespace

DbSeriesSet::DbSeriesSet(std::unique_ptr<base::EpochDomain::Guard> guard,
                         std::vector<Entry> entries, std::unique_ptr<ChunkReader> reader,
                         Timestamp min_time, Timestamp max_time)
    : guard_(std::move(guard)),
      entries_(std::move(entries)),
      reader_(std::move(reader)),
      min_time_(min_time),
      max_time_(max_time) {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.series->key() < b.series->key(); });
}

bool DbSeriesSet::Next() {
  if (next_ == entries_.size()) {
    return false;
  }
  ++next_;
  return true;
}

model::LabelsView DbSeriesSet::labels() const { return entries_[next_ - 1].series->labels(); }

absl::Status DbSeriesSet::Read(SampleColumns* columns) {
  const size_t present = next_ - 1;
  if (present >= run_begin_ + run_.size()) {
    run_begin_ = present;
    RETURN_IF_ERROR(FetchRun());
  }
  const SeriesView& view = entries_[present].view;
  Stored& stored = run_[present - run_begin_];
  *columns = std::move(stored.in_order);
  RETURN_IF_ERROR(base::Annotate(AddHeadChunks(view, columns),
                                 fmt::format("read series {}", labels().ToString())));
  AddHeadLate(view, &stored.late);
  if (!stored.late.empty()) {
    MergeLate(std::move(stored.late), columns);
  }
  return absl::OkStatus();
}

absl::Status DbSeriesSet::FetchRun() {
  run_.clear();
  run_.resize(std::min(kRunSeries, entries_.size() - run_begin_));
  std::vector<SeriesKey> keys;
  keys.reserve(run_.size());
  for (size_t i = 0; i < run_.size(); ++i) {
    keys.push_back(entries_[run_begin_ + i].series->key());
  }
  const auto cursor = reader_->Scan(std::move(keys), min_time_, max_time_);
  while (cursor->Next()) {
    RETURN_IF_ERROR(base::Annotate(
        AddChunk(cursor->key(), cursor->value()),
        fmt::format("read chunk of series {} from {}", cursor->key().series, cursor->key().start)));
  }
  return cursor->status();
}

absl::Status DbSeriesSet::AddChunk(const ChunkKey& key, std::string_view value) {
  const auto begin = entries_.begin() + static_cast<ptrdiff_t>(run_begin_);
  const auto entry = std::lower_bound(
      begin, begin + static_cast<ptrdiff_t>(run_.size()), SeriesKey{key.metric, key.series},
      [](const Entry& e, const SeriesKey& k) { return e.series->key() < k; });
  Stored& stored = run_[static_cast<size_t>(entry - begin)];
  if (key.kind == ChunkKind::kInOrder) {
    return DecodeChunk(value, key.start, min_time_, max_time_, nullptr, &stored.in_order);
  }
  SampleColumns columns;
  RETURN_IF_ERROR(DecodeChunk(value, key.start, min_time_, max_time_, nullptr, &columns));
  for (size_t i = 0; i < columns.size(); ++i) {
    stored.late.push_back({{columns.timestamps[i], columns.values[i]}, key.sequence});
  }
  return absl::OkStatus();
}

absl::Status DbSeriesSet::AddHeadChunks(const SeriesView& view, SampleColumns* columns) const {
  for (size_t i = view.chunks.size(); i-- > 0;) {
    const auto& [chunk, count] = view.chunks[i];
    // The store's part is a prefix of the stream: only what is newer is missing.
    Timestamp from = min_time_;
    if (columns->size() > 0) {
      from = std::max(from, columns->timestamps.back() + 1);
    }
    if (chunk->start() <= max_time_) {
      RETURN_IF_ERROR(DecodeStream(chunk->readable_bytes(), count, from, max_time_, columns));
    }
  }
  return absl::OkStatus();
}

void DbSeriesSet::AddHeadLate(const SeriesView& view, std::vector<LateSample>* late) const {
  for (uint32_t i = 0; i < view.late_count; ++i) {
    const Sample& sample = view.late->samples()[i];
    if (sample.t >= min_time_ && sample.t <= max_time_) {
      late->push_back({sample, UINT32_MAX});
    }
  }
}

// Merges `late` into `columns`; of equal times what is in `columns`, then the earlier of `late`
// stays.
void DbSeriesSet::MergeLate(std::vector<LateSample> late, SampleColumns* columns) {
  std::stable_sort(late.begin(), late.end(), [](const LateSample& a, const LateSample& b) {
    return std::tie(a.sample.t, a.sequence) < std::tie(b.sample.t, b.sequence);
  });
  SampleColumns merged;
  merged.timestamps.reserve(columns->size() + late.size());
  merged.values.reserve(columns->size() + late.size());
  size_t i = 0;
  const auto add = [&merged](Timestamp t, double v) {
    if (merged.timestamps.empty() || merged.timestamps.back() != t) {
      merged.Append(t, v);
    }
  };
  for (const auto& [sample, sequence] : late) {
    for (; i < columns->size() && columns->timestamps[i] <= sample.t; ++i) {
      add(columns->timestamps[i], columns->values[i]);
    }
    add(sample.t, sample.v);
  }
  for (; i < columns->size(); ++i) {
    add(columns->timestamps[i], columns->values[i]);
  }
  *columns = std::move(merged);
}

}  // namespace tidemark::storage
