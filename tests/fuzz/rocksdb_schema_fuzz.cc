// Any bytes as each key and value of the RocksDB store. They are refused, or what they mean is
// encoded and decoded again without a change.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "storage/cold/posting_row.h"
#include "storage/rocksdb/internal/cold_schema.h"
#include "storage/rocksdb/internal/schema.h"

namespace tidemark::storage::internal {
namespace {

void CheckKeys(std::string_view bytes) {
  ChunkKey key;
  if (DecodeChunkKey(bytes, &key)) {
    const ChunkKeyBytes again = EncodeChunkKey(key);
    TIDEMARK_CHECK(View(again) == bytes, "a chunk key changed");
  }
  SeriesRef ref = kNoSeries;
  if (DecodeSeriesKey(bytes, &ref)) {
    const SeriesKeyBytes again = EncodeSeriesKey(ref);
    TIDEMARK_CHECK(View(again) == bytes, "a series key changed");
  }
}

void CheckSealed(std::string_view bytes) {
  int64_t bucket = 0;
  SeriesKey series;
  if (DecodeSealedKey(bytes, &bucket, &series)) {
    const SealedKeyBytes again = EncodeSealedKey(bucket, series);
    TIDEMARK_CHECK(View(again) == bytes, "a sealed key changed");
  }
  model::Timestamp start = 0;
  std::string_view chunk;
  if (!DecodeSealedValue(bytes, 3, &start, &chunk)) {
    return;
  }
  std::string encoded;
  AppendSealedValue(start, chunk, &encoded);
  model::Timestamp again = 0;
  TIDEMARK_CHECK(DecodeSealedValue(encoded, 3, &again, &chunk) && again == start,
                 "a sealed chunk changed");
}

void CheckSeries(std::string_view bytes) {
  SeriesRecord series;
  if (!DecodeSeriesValue(bytes, &series)) {
    return;
  }
  std::string encoded;
  AppendSeriesValue(series, &encoded);
  SeriesRecord again;
  TIDEMARK_CHECK(DecodeSeriesValue(encoded, &again), "a series was refused");
  TIDEMARK_CHECK(again.metric_id == series.metric_id && again.labels == series.labels,
                 "a series changed: {}", series.labels.ToString());
}

void CheckState(std::string_view bytes) {
  SeriesState state;
  if (!DecodeStateValue(bytes, &state)) {
    return;
  }
  std::string encoded;
  AppendStateValue(state, &encoded);
  SeriesState again;
  TIDEMARK_CHECK(DecodeStateValue(encoded, &again) && again == state, "a state changed");
}

void CheckMetadata(std::string_view bytes) {
  MetricMetadata metadata;
  if (!DecodeMetadataValue(bytes, &metadata)) {
    return;
  }
  std::string encoded;
  AppendMetadataValue(metadata, &encoded);
  MetricMetadata again;
  TIDEMARK_CHECK(DecodeMetadataValue(encoded, &again) && again == metadata, "metadata changed");
}

void CheckColdKeys(std::string_view bytes) {
  ColdIndexKey key;
  if (DecodeColdIndexKey(bytes, &key)) {
    std::string again;
    if (key.is_group) {
      AppendWeekKey(key.week, &again);
    } else {
      AppendColdPairKey(key.week, key.name, key.value, &again);
      AppendColdBlock(key.block, &again);
    }
    TIDEMARK_CHECK(again == bytes, "a cold index key changed");
  }
  int64_t week = 0;
  SeriesRef ref = kNoSeries;
  if (DecodeColdSeriesKey(bytes, &week, &ref)) {
    std::string again;
    AppendColdSeriesKey(week, ref, &again);
    TIDEMARK_CHECK(again == bytes, "a cold series key changed");
  }
}

void CheckColdValues(std::string_view bytes) {
  ColdSeriesRecord series;
  if (DecodeColdSeriesValue(bytes, &series)) {
    std::string encoded;
    AppendColdSeriesValue(series, &encoded);
    ColdSeriesRecord again;
    TIDEMARK_CHECK(DecodeColdSeriesValue(encoded, &again) && again.labels == series.labels &&
                       again.min_time == series.min_time && again.max_time == series.max_time,
                   "a cold series changed");
  }
  ColdGroup group;
  if (DecodeColdGroupValue(bytes, &group)) {
    std::string encoded;
    AppendColdGroupValue(group, &encoded);
    ColdGroup again;
    TIDEMARK_CHECK(DecodeColdGroupValue(encoded, &again) && again == group, "a cold group changed");
  }
}

void CheckPostingRow(std::string_view bytes) {
  constexpr uint16_t kBlock = 3;
  const auto decode = [](std::string_view row, std::vector<SeriesRef>* refs) {
    return DecodePostingRow(row, kBlock, [refs](SeriesRef first, SeriesRef last) {
      for (SeriesRef ref = first; ref <= last; ++ref) {
        refs->push_back(ref);
      }
    });
  };
  std::vector<SeriesRef> refs;
  if (!decode(bytes, &refs)) {
    return;
  }
  std::string encoded;
  AppendPostingRow(refs, &encoded);
  std::vector<SeriesRef> again;
  TIDEMARK_CHECK(decode(encoded, &again) && again == refs, "a row of postings changed");
}

}  // namespace

static void CheckAll(std::string_view bytes) {
  CheckKeys(bytes);
  CheckSealed(bytes);
  CheckSeries(bytes);
  CheckState(bytes);
  CheckMetadata(bytes);
  CheckColdKeys(bytes);
  CheckColdValues(bytes);
  CheckPostingRow(bytes);
}

}  // namespace tidemark::storage::internal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tidemark::storage::internal::CheckAll({reinterpret_cast<const char*>(data), size});
  return 0;
}
