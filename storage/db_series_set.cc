#include "storage/db_series_set.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/status_macros.h"
#include "base/string_map.h"
#include "storage/chunk/chunk_format.h"

namespace tidemark::storage {
namespace {

using model::Sample;
using model::Timestamp;

// Series whose chunks are fetched together: enough to read the disk in order, few enough to keep.
constexpr size_t kRunSeries = 256;

// Merges `more` into `columns`; of equal times what is in `columns` stays.
void Merge(const SampleColumns& more, SampleColumns* columns) {
  SampleColumns merged;
  merged.timestamps.reserve(columns->size() + more.size());
  merged.values.reserve(columns->size() + more.size());
  size_t j = 0;
  const auto add_before = [&](Timestamp end) {
    for (; j < more.size() && more.timestamps[j] < end; ++j) {
      merged.Append(more.timestamps[j], more.values[j]);
    }
  };
  for (size_t i = 0; i < columns->size(); ++i) {
    add_before(columns->timestamps[i]);
    merged.Append(columns->timestamps[i], columns->values[i]);
    j += j < more.size() && more.timestamps[j] == columns->timestamps[i] ? 1 : 0;
  }
  for (; j < more.size(); ++j) {
    merged.Append(more.timestamps[j], more.values[j]);
  }
  *columns = std::move(merged);
}

}  // namespace

DbSeriesSet::DbSeriesSet(Sources sources, const Selection& selection)
    : guard_(std::move(sources.guard)),
      cold_(std::move(sources.cold)),
      entries_(std::move(sources.live)),
      has_twins_(sources.has_twins),
      chunks_(std::move(sources.chunks)),
      tombstones_(std::move(sources.tombstones)),
      retention_(std::move(sources.retention)),
      now_(sources.now),
      stored_apart_until_(sources.stored_apart_until),
      timelines_([this](int64_t bucket, TimelineNumber number) {
        return chunks_->LoadTimeline(bucket, number);
      }),
      min_time_(selection.min_time),
      max_time_(selection.max_time),
      newest_only_(selection.newest_only) {
  for (const ColdSeries& series : cold_) {
    entries_.push_back({series.key, series.labels, {}});
  }
  if (has_twins_) {
    BringTwinsTogether();
  } else {
    std::sort(entries_.begin(), entries_.end(),
              [](const Entry& a, const Entry& b) { return a.key < b.key; });
  }
}

void DbSeriesSet::BringTwinsTogether() {
  absl::flat_hash_map<std::string_view, SeriesKey, base::StringViewHash, std::equal_to<>> first;
  first.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    const auto [it, added] = first.try_emplace(entry.labels.bytes(), entry.key);
    if (!added && entry.key.series < it->second.series) {
      it->second = entry.key;
    }
  }
  std::vector<std::pair<SeriesKey, Entry>> keyed;
  keyed.reserve(entries_.size());
  for (Entry& entry : entries_) {
    const SeriesKey key = first.find(entry.labels.bytes())->second;
    keyed.emplace_back(key, std::move(entry));
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.key.series) < std::tie(b.first, b.second.key.series);
  });
  for (size_t i = 0; i < keyed.size(); ++i) {
    entries_[i] = std::move(keyed[i].second);
  }
}

size_t DbSeriesSet::SeriesEnd(size_t i) const {
  size_t end = i + 1;
  while (has_twins_ && end < entries_.size() && entries_[end].labels == entries_[i].labels) {
    ++end;
  }
  return end;
}

bool DbSeriesSet::Next() {
  if (next_ == entries_.size()) {
    return false;
  }
  present_ = next_;
  next_ = SeriesEnd(present_);
  return true;
}

model::LabelsView DbSeriesSet::labels() const { return entries_[present_].labels; }

absl::Status DbSeriesSet::Read(SampleColumns* columns) {
  if (present_ >= run_begin_ + run_.size()) {
    run_begin_ = present_;
    RETURN_IF_ERROR(FetchRun());
  }
  RETURN_IF_ERROR(ReadEntry(present_, columns));
  for (size_t twin = present_ + 1; twin < next_; ++twin) {
    SampleColumns more;
    RETURN_IF_ERROR(ReadEntry(twin, &more));
    Merge(more, columns);
  }
  return absl::OkStatus();
}

absl::Status DbSeriesSet::ReadEntry(size_t i, SampleColumns* columns) {
  const SeriesView& view = entries_[i].view;
  Fetched& fetched = run_[i - run_begin_];
  if (absl::Status read = AddHeadChunks(view, &fetched); !read.ok()) {
    return base::Annotate(read, fmt::format("read series {}", labels().ToString()));
  }
  AddHeadLate(view, &fetched);
  *columns = fetched.samples.Finish();
  return absl::OkStatus();
}

bool DbSeriesSet::HeadSuffices(const Entry& entry, Timestamp min_time) const {
  const std::vector<SeriesView::Chunk>& chunks = entry.view.chunks;
  if (chunks.empty() || has_twins_) {
    return false;
  }
  if (min_time > stored_apart_until_ && chunks.back().chunk->start() <= min_time) {
    return true;
  }
  return newest_only_ && std::any_of(chunks.begin(), chunks.end(), [&](const auto& chunk) {
           const Timestamp start = chunk.chunk->start();
           return start > stored_apart_until_ && start >= min_time && start <= max_time_;
         });
}

void DbSeriesSet::BeginEntry(const Entry& entry, Fetched* fetched) const {
  fetched->min_time = retention_->has_rules()
                          ? std::max(min_time_, retention_->Oldest(entry.labels, now_))
                          : min_time_;
  fetched->head_suffices = HeadSuffices(entry, fetched->min_time);
  if (!fetched->head_suffices && !tombstones_->empty()) {
    fetched->deleted = tombstones_->Of(entry.key.series);
  }
}

absl::Status DbSeriesSet::FetchRun() {
  size_t end = run_begin_;
  while (end < entries_.size() && end - run_begin_ < kRunSeries) {
    end = SeriesEnd(end);
  }
  run_.clear();
  run_.resize(end - run_begin_);
  run_keys_.clear();
  for (size_t i = 0; i < run_.size(); ++i) {
    const Entry& entry = entries_[run_begin_ + i];
    BeginEntry(entry, &run_[i]);
    if (!run_[i].head_suffices) {
      run_keys_.emplace_back(entry.key, i);
    }
  }
  if (run_keys_.empty()) {
    return absl::OkStatus();
  }
  if (has_twins_) {
    std::sort(run_keys_.begin(), run_keys_.end());
  }
  std::vector<SeriesKey> keys;
  keys.reserve(run_keys_.size());
  for (const auto& [key, place] : run_keys_) {
    keys.push_back(key);
  }
  const auto cursor = chunks_->Scan(std::move(keys), min_time_, max_time_);
  while (cursor->Next()) {
    if (absl::Status added = AddChunk(cursor->key(), cursor->value()); !added.ok()) {
      return base::Annotate(added, fmt::format("read chunk of series {} from {}",
                                               cursor->key().series, cursor->key().start));
    }
  }
  return cursor->status();
}

absl::Status DbSeriesSet::AddChunk(const ChunkKey& key, std::string_view value) {
  const auto found =
      std::lower_bound(run_keys_.begin(), run_keys_.end(), SeriesKey{key.metric, key.series},
                       [](const auto& a, const SeriesKey& k) { return a.first < k; });
  Fetched& fetched = run_[found->second];
  RETURN_IF_ERROR(DecodeChunk(value, key.start, fetched.min_time, max_time_, &timelines_,
                              fetched.samples.stream()));
  HideDeleted(fetched.deleted, key, &fetched.samples);
  fetched.samples.EndRow(key.kind, key.sequence);
  return absl::OkStatus();
}

absl::Status DbSeriesSet::AddHeadChunks(const SeriesView& view, Fetched* fetched) const {
  SampleColumns* const columns = fetched->samples.stream();
  for (size_t i = view.chunks.size(); i-- > 0;) {
    const auto& [chunk, count] = view.chunks[i];
    // The store's part is a prefix of the stream: only what is newer is missing.
    Timestamp from = fetched->head_suffices ? fetched->min_time
                                            : std::max(fetched->min_time, view.persisted_time + 1);
    if (columns->size() > 0) {
      from = std::max(from, columns->timestamps.back() + 1);
    }
    if (chunk->start() <= max_time_) {
      RETURN_IF_ERROR(DecodeStream(chunk->readable_bytes(), count, from, max_time_, columns));
    }
  }
  return absl::OkStatus();
}

void DbSeriesSet::AddHeadLate(const SeriesView& view, Fetched* fetched) const {
  for (uint32_t i = 0; i < view.late_count; ++i) {
    const Sample& sample = view.late->samples()[i];
    if (sample.t >= fetched->min_time && sample.t <= max_time_) {
      fetched->samples.AddLate(sample);
    }
  }
}

}  // namespace tidemark::storage
