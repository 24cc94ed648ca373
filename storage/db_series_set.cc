#include "storage/db_series_set.h"

#include <algorithm>
#include <span>
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

DbSeriesSet::Selected::Selected(Sources from, const Selection& selection)
    : entries(std::move(from.live)),
      sources(std::move(from)),
      min_time(selection.min_time),
      max_time(selection.max_time),
      newest_only(selection.newest_only) {
  for (const ColdSeries& series : sources.cold) {
    entries.push_back({series.key, series.labels, {}});
  }
  if (sources.has_twins) {
    BringTwinsTogether();
  } else {
    std::sort(entries.begin(), entries.end(),
              [](const Entry& a, const Entry& b) { return a.key < b.key; });
  }
}

void DbSeriesSet::Selected::BringTwinsTogether() {
  absl::flat_hash_map<std::string_view, SeriesKey, base::StringViewHash, std::equal_to<>> first;
  first.reserve(entries.size());
  for (const Entry& entry : entries) {
    const auto [it, added] = first.try_emplace(entry.labels.bytes(), entry.key);
    if (!added && entry.key.series < it->second.series) {
      it->second = entry.key;
    }
  }
  std::vector<std::pair<SeriesKey, Entry>> keyed;
  keyed.reserve(entries.size());
  for (Entry& entry : entries) {
    const SeriesKey key = first.find(entry.labels.bytes())->second;
    keyed.emplace_back(key, std::move(entry));
  }
  std::sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second.key.series) < std::tie(b.first, b.second.key.series);
  });
  for (size_t i = 0; i < keyed.size(); ++i) {
    entries[i] = std::move(keyed[i].second);
  }
}

size_t DbSeriesSet::Selected::SeriesEnd(size_t i) const { return SeriesFrom(i + 1); }

size_t DbSeriesSet::Selected::SeriesFrom(size_t i) const {
  while (sources.has_twins && i > 0 && i < entries.size() &&
         entries[i].labels == entries[i - 1].labels) {
    ++i;
  }
  return i;
}

DbSeriesSet::DbSeriesSet(Sources sources, const Selection& selection)
    : DbSeriesSet(std::make_shared<const Selected>(std::move(sources), selection)) {}

DbSeriesSet::DbSeriesSet(std::shared_ptr<const Selected> selected)
    : selected_(std::move(selected)),
      timelines_([this](int64_t bucket, TimelineNumber number) {
        return selected_->sources.chunks->LoadTimeline(bucket, number);
      }),
      end_(selected_->entries.size()) {}

std::unique_ptr<SeriesSet> DbSeriesSet::Another() const {
  std::unique_ptr<DbSeriesSet> another(new DbSeriesSet(selected_));
  another->GoTo(places(), places());
  return another;
}

void DbSeriesSet::GoTo(size_t begin, size_t end) {
  next_ = selected_->SeriesFrom(begin);
  end_ = selected_->SeriesFrom(end);
  run_.clear();
}

bool DbSeriesSet::Next() {
  if (next_ >= end_) {
    return false;
  }
  present_ = next_;
  next_ = selected_->SeriesEnd(present_);
  return true;
}

model::LabelsView DbSeriesSet::labels() const { return selected_->entries[present_].labels; }

absl::Status DbSeriesSet::Read(SampleColumns* columns) {
  if (present_ >= run_begin_ + run_.size() || run_.empty()) {
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
  const SeriesView& view = selected_->entries[i].view;
  const Fetched& fetched = run_[i - run_begin_];
  SampleMerge samples(std::move(*columns));
  for (const StoredRow& row : std::span(rows_).subspan(fetched.first_row, fetched.rows)) {
    if (absl::Status added = DecodeRow(row, fetched, &samples); !added.ok()) {
      return base::Annotate(
          added, fmt::format("read chunk of series {} from {}", row.key.series, row.key.start));
    }
  }
  if (absl::Status read = AddHeadChunks(view, fetched, &samples); !read.ok()) {
    return base::Annotate(read, fmt::format("read series {}", labels().ToString()));
  }
  AddHeadLate(view, fetched, &samples);
  *columns = samples.Finish();
  return absl::OkStatus();
}

bool DbSeriesSet::Selected::HeadSuffices(const Entry& entry, Timestamp oldest) const {
  const std::vector<SeriesView::Chunk>& chunks = entry.view.chunks;
  if (chunks.empty() || sources.has_twins) {
    return false;
  }
  const Timestamp apart_until = sources.stored_apart_until;
  if (oldest > apart_until && chunks.back().chunk->start() <= oldest) {
    return true;
  }
  return newest_only && std::any_of(chunks.begin(), chunks.end(), [&](const auto& chunk) {
           const Timestamp start = chunk.chunk->start();
           return start > apart_until && start >= oldest && start <= max_time;
         });
}

void DbSeriesSet::BeginEntry(const Entry& entry, Fetched* fetched) const {
  const Sources& sources = selected_->sources;
  fetched->min_time = selected_->min_time;
  if (sources.retention->has_rules()) {
    fetched->min_time =
        std::max(fetched->min_time, sources.retention->Oldest(entry.labels, sources.now));
  }
  fetched->head_suffices = selected_->HeadSuffices(entry, fetched->min_time);
  if (!fetched->head_suffices && sources.tombstones != nullptr && !sources.tombstones->empty()) {
    fetched->deleted = sources.tombstones->Of(entry.key.series);
  }
}

void DbSeriesSet::BeginRun() {
  run_begin_ = present_;
  size_t end = run_begin_;
  while (end < end_ && end - run_begin_ < kRunSeries) {
    end = selected_->SeriesEnd(end);
  }
  run_.clear();
  run_.resize(end - run_begin_);
  run_keys_.clear();
  rows_.clear();
  row_bytes_.clear();
  for (size_t i = 0; i < run_.size(); ++i) {
    const Entry& entry = selected_->entries[run_begin_ + i];
    BeginEntry(entry, &run_[i]);
    if (!run_[i].head_suffices) {
      run_keys_.emplace_back(entry.key, i);
    }
  }
  if (selected_->sources.has_twins) {
    std::sort(run_keys_.begin(), run_keys_.end());
  }
}

absl::Status DbSeriesSet::FetchRun() {
  BeginRun();
  if (run_keys_.empty()) {
    return absl::OkStatus();
  }
  if (selected_->sources.chunks == nullptr) {
    return absl::UnavailableError("some of the samples are on disk");
  }
  std::vector<SeriesKey> keys;
  keys.reserve(run_keys_.size());
  for (const auto& [key, place] : run_keys_) {
    keys.push_back(key);
  }
  const auto cursor =
      selected_->sources.chunks->Scan(std::move(keys), selected_->min_time, selected_->max_time);
  while (cursor->Next()) {
    KeepRow(cursor->key(), cursor->value());
  }
  SortRows();
  return cursor->status();
}

void DbSeriesSet::KeepRow(const ChunkKey& key, std::string_view value) {
  const auto found =
      std::lower_bound(run_keys_.begin(), run_keys_.end(), SeriesKey{key.metric, key.series},
                       [](const auto& a, const SeriesKey& k) { return a.first < k; });
  ++run_[found->second].rows;
  rows_.push_back({found->second, key, row_bytes_.size(), value.size()});
  row_bytes_.append(value);
}

void DbSeriesSet::SortRows() {
  const auto by_place = [](const StoredRow& a, const StoredRow& b) { return a.place < b.place; };
  if (!std::is_sorted(rows_.begin(), rows_.end(), by_place)) {
    std::stable_sort(rows_.begin(), rows_.end(), by_place);
  }
  size_t first = 0;
  for (Fetched& fetched : run_) {
    fetched.first_row = first;
    first += fetched.rows;
  }
}

absl::Status DbSeriesSet::DecodeRow(const StoredRow& row, const Fetched& fetched,
                                    SampleMerge* samples) {
  const auto value = std::string_view(row_bytes_).substr(row.offset, row.size);
  RETURN_IF_ERROR(DecodeChunk(value, row.key.start, fetched.min_time, selected_->max_time,
                              &timelines_, samples->stream()));
  HideDeleted(fetched.deleted, row.key, samples);
  samples->EndRow(row.key.kind, row.key.sequence);
  return absl::OkStatus();
}

absl::Status DbSeriesSet::AddHeadChunks(const SeriesView& view, const Fetched& fetched,
                                        SampleMerge* samples) const {
  SampleColumns* const columns = samples->stream();
  size_t end = view.chunks.size();
  if (selected_->newest_only && fetched.head_suffices) {
    // The newest sample is in the newest chunk that does not begin too late.
    const auto newest = std::find_if(
        view.chunks.begin(), view.chunks.end(),
        [this](const SeriesView::Chunk& c) { return c.chunk->start() <= selected_->max_time; });
    end = std::min(end, static_cast<size_t>(newest - view.chunks.begin()) + 1);
  }
  for (size_t i = end; i-- > 0;) {
    const auto& [chunk, count] = view.chunks[i];
    // The store's part is a prefix of the stream: only what is newer is missing.
    Timestamp from = fetched.head_suffices ? fetched.min_time
                                           : std::max(fetched.min_time, view.persisted_time + 1);
    if (columns->size() > 0) {
      from = std::max(from, columns->timestamps.back() + 1);
    }
    if (chunk->start() <= selected_->max_time) {
      RETURN_IF_ERROR(
          DecodeStream(chunk->readable_bytes(), count, from, selected_->max_time, columns));
    }
  }
  return absl::OkStatus();
}

void DbSeriesSet::AddHeadLate(const SeriesView& view, const Fetched& fetched,
                              SampleMerge* samples) const {
  for (uint32_t i = 0; i < view.late_count; ++i) {
    const Sample& sample = view.late->samples()[i];
    if (sample.t >= fetched.min_time && sample.t <= selected_->max_time) {
      samples->AddLate(sample);
    }
  }
}

}  // namespace tidemark::storage
