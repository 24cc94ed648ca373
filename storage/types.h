// The words that the parts of storage/ share: series refs, metric ids, time buckets, chunk keys.
//
// Plain values, thread-compatible. How they look on disk: docs/format/rocksdb.md.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::storage {

// A series of this store: dense, from 1, never given to another series.
using SeriesRef = uint32_t;
// A metric name of this store, from 1. Keys put the series of a metric next to each other.
using MetricId = uint32_t;

inline constexpr SeriesRef kNoSeries = 0;
inline constexpr MetricId kNoMetric = 0;

// The stretch of time whose chunks lie together on disk and are dropped together.
inline constexpr int64_t kBucketMs = 6LL * 3600 * 1000;

// The number of the bucket that holds `t`; bucket 0 begins at the epoch.
inline constexpr int64_t BucketOf(model::Timestamp t) {
  return t / kBucketMs - (t % kBucketMs < 0 ? 1 : 0);
}
// The first and the last millisecond of `bucket`, clamped to what a Timestamp can hold.
inline constexpr model::Timestamp BucketStart(int64_t bucket) {
  if (bucket <= BucketOf(model::kMinTimestamp)) {
    return model::kMinTimestamp;
  }
  return bucket > BucketOf(model::kMaxTimestamp) ? model::kMaxTimestamp : bucket * kBucketMs;
}
inline constexpr model::Timestamp BucketEnd(int64_t bucket) {
  return bucket >= BucketOf(model::kMaxTimestamp) ? model::kMaxTimestamp
                                                  : BucketStart(bucket + 1) - 1;
}

// A chunk of the stream of samples that came in order, of those that came late, or of all that a
// series has in a bucket, as consolidation leaves it. The first two numbers are written to disk;
// sealed chunks have a column family of their own.
enum class ChunkKind : uint8_t { kInOrder = 0, kOutOfOrder = 1, kSealed = 2 };

// Where the chunks of a series lie: by metric, then by series.
struct SeriesKey {
  MetricId metric = kNoMetric;
  SeriesRef series = kNoSeries;
  friend auto operator<=>(const SeriesKey&, const SeriesKey&) = default;
};

// The name of a chunk. The order of keys is the order of chunks on disk. All samples of a chunk
// lie in its bucket; `start` is the time of the first. `sequence` is the number of the sweep that
// wrote it, 0 for sealed ones.
struct ChunkKey {
  int64_t bucket = 0;
  MetricId metric = kNoMetric;
  SeriesRef series = kNoSeries;
  model::Timestamp start = 0;
  ChunkKind kind = ChunkKind::kInOrder;
  uint32_t sequence = 0;
  friend auto operator<=>(const ChunkKey&, const ChunkKey&) = default;
};

// A series as it was registered. The label bytes live as long as whatever handed the record out.
struct SeriesRecord {
  SeriesRef ref = kNoSeries;
  MetricId metric_id = kNoMetric;
  model::LabelsView labels;
};

// What a restart must know of a series without reading its chunks: the times of its oldest sample
// and of the newest one that came in order.
struct SeriesState {
  SeriesRef ref = kNoSeries;
  model::Timestamp min_time = 0;
  model::Timestamp max_time = 0;
  friend bool operator==(const SeriesState&, const SeriesState&) = default;
};

// Series that have left memory lie in groups by the week of their last sample.
inline constexpr int64_t kWeekMs = 28 * kBucketMs;
inline constexpr int64_t WeekOf(model::Timestamp t) {
  return t / kWeekMs - (t % kWeekMs < 0 ? 1 : 0);
}

// A series that has left memory. All its samples lie in [min_time, max_time].
struct ColdSeriesRecord {
  SeriesRef ref = kNoSeries;
  MetricId metric_id = kNoMetric;
  model::Timestamp min_time = 0;
  model::Timestamp max_time = 0;
  model::LabelsView labels;
};

// What a group of cold series has in all: how many, and between which times.
struct ColdGroup {
  int64_t week = 0;
  uint64_t series = 0;
  model::Timestamp min_time = 0;
  model::Timestamp max_time = 0;
  friend bool operator==(const ColdGroup&, const ColdGroup&) = default;
};

// The type of a metric family; the numbers are those of remote write's MetricMetadata and are
// written to disk.
enum class MetricType : uint8_t {
  kUnknown = 0,
  kCounter = 1,
  kGauge = 2,
  kHistogram = 3,
  kGaugeHistogram = 4,
  kSummary = 5,
  kInfo = 6,
  kStateSet = 7,
};

// "counter", "gaugehistogram", …, as the HTTP API spells it.
inline constexpr std::string_view MetricTypeText(MetricType type) {
  constexpr std::string_view kTexts[] = {"unknown",        "counter", "gauge", "histogram",
                                         "gaugehistogram", "summary", "info",  "stateset"};
  const auto i = static_cast<size_t>(type);
  return i < std::size(kTexts) ? kTexts[i] : kTexts[0];
}

// What a sender says of a metric family.
struct MetricMetadata {
  MetricType type = MetricType::kUnknown;
  std::string help;
  std::string unit;
  friend bool operator==(const MetricMetadata&, const MetricMetadata&) = default;
};

}  // namespace tidemark::storage
