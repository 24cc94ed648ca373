#include "storage/sample_merge.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tidemark::storage {

using model::Timestamp;

void SampleMerge::Hide(Timestamp min_time, Timestamp max_time) {
  auto& times = stream_.timestamps;
  const auto row = times.begin() + static_cast<ptrdiff_t>(row_begin_);
  const auto from = std::lower_bound(row, times.end(), min_time);
  const auto to = std::upper_bound(from, times.end(), max_time);
  const auto values = stream_.values.begin();
  stream_.values.erase(values + (from - times.begin()), values + (to - times.begin()));
  times.erase(from, to);
}

void SampleMerge::EndRow(ChunkKind kind, uint32_t sequence) {
  const bool follows = row_begin_ == 0 || row_begin_ == stream_.size() ||
                       stream_.timestamps[row_begin_] > stream_.timestamps[row_begin_ - 1];
  if (kind == ChunkKind::kOutOfOrder) {
    MoveRowToLate(uint64_t{2} + sequence);
  } else if (!follows) {
    MoveRowToLate(kind == ChunkKind::kSealed ? 0 : 1);
  }
  row_begin_ = stream_.size();
}

void SampleMerge::MoveRowToLate(uint64_t rank) {
  for (size_t i = row_begin_; i < stream_.size(); ++i) {
    late_.push_back({{stream_.timestamps[i], stream_.values[i]}, rank});
  }
  stream_.timestamps.resize(row_begin_);
  stream_.values.resize(row_begin_);
}

SampleColumns SampleMerge::Finish() {
  row_begin_ = 0;
  SampleColumns stream = std::exchange(stream_, {});
  if (late_.empty()) {
    return stream;
  }
  std::vector<LateSample> late = std::exchange(late_, {});
  std::stable_sort(late.begin(), late.end(), [](const LateSample& a, const LateSample& b) {
    return std::tie(a.sample.t, a.rank) < std::tie(b.sample.t, b.rank);
  });
  SampleColumns merged;
  merged.timestamps.reserve(stream.size() + late.size());
  merged.values.reserve(stream.size() + late.size());
  const auto add = [&merged](Timestamp t, double v) {
    if (merged.timestamps.empty() || merged.timestamps.back() != t) {
      merged.Append(t, v);
    }
  };
  size_t i = 0;
  for (const auto& [sample, rank] : late) {
    for (; i < stream.size() && stream.timestamps[i] <= sample.t; ++i) {
      add(stream.timestamps[i], stream.values[i]);
    }
    add(sample.t, sample.v);
  }
  for (; i < stream.size(); ++i) {
    add(stream.timestamps[i], stream.values[i]);
  }
  return merged;
}

}  // namespace tidemark::storage
