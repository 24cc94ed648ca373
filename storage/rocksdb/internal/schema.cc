// Keys are big-endian so that the order of bytes is the order of numbers; signed numbers have
// their top bit flipped for the same reason.
//
//   chunks    bucket (8) | metric (4) | series (4) | start (8) | kind (1) | sequence (4)
//   sealed    bucket (8) | metric (4) | series (4) → varint (start − start of the bucket), chunk
//   series    ref (4)    → varint metric id, canonical label bytes to the end
//   state     ref (4)    → varint zigzag(min), varint (max − min)
//   metadata  name       → varint type, varint length, help, varint length, unit
#include "storage/rocksdb/internal/schema.h"

#include <limits>

#include "model/labels.h"
#include "model/varint.h"
#include "storage/rocksdb/internal/key_bytes.h"

namespace tidemark::storage::internal {
namespace {

bool TakeString(std::string_view* bytes, std::string* text) {
  uint64_t length = 0;
  if (!TakeVarint(bytes, &length) || length > bytes->size()) {
    return false;
  }
  text->assign(bytes->substr(0, length));
  bytes->remove_prefix(length);
  return true;
}

void AppendString(std::string_view text, std::string* out) {
  model::AppendVarint(text.size(), out);
  out->append(text);
}

}  // namespace

SeriesKeyBytes EncodeSeriesKey(SeriesRef ref) {
  SeriesKeyBytes bytes;
  PutBigEndian(ref, bytes.data());
  return bytes;
}

bool DecodeSeriesKey(std::string_view bytes, SeriesRef* ref) {
  if (bytes.size() != kSeriesKeyBytes) {
    return false;
  }
  GetBigEndian(bytes.data(), ref);
  return *ref != kNoSeries;
}

ChunkKeyBytes EncodeChunkKey(const ChunkKey& key) {
  ChunkKeyBytes bytes;
  char* p = PutSigned(key.bucket, bytes.data());
  p = PutBigEndian(key.metric, p);
  p = PutBigEndian(key.series, p);
  p = PutSigned(key.start, p);
  p = PutBigEndian(static_cast<uint8_t>(key.kind), p);
  PutBigEndian(key.sequence, p);
  return bytes;
}

bool DecodeChunkKey(std::string_view bytes, ChunkKey* key) {
  if (bytes.size() != kChunkKeyBytes) {
    return false;
  }
  uint8_t kind = 0;
  const char* p = GetSigned(bytes.data(), &key->bucket);
  p = GetBigEndian(p, &key->metric);
  p = GetBigEndian(p, &key->series);
  p = GetSigned(p, &key->start);
  p = GetBigEndian(p, &kind);
  GetBigEndian(p, &key->sequence);
  key->kind = static_cast<ChunkKind>(kind);
  return kind <= static_cast<uint8_t>(ChunkKind::kOutOfOrder) &&
         BucketOf(key->start) == key->bucket;
}

SealedKeyBytes EncodeSealedKey(int64_t bucket, SeriesKey series) {
  SealedKeyBytes bytes;
  char* p = PutSigned(bucket, bytes.data());
  p = PutBigEndian(series.metric, p);
  PutBigEndian(series.series, p);
  return bytes;
}

bool DecodeSealedKey(std::string_view bytes, int64_t* bucket, SeriesKey* series) {
  if (bytes.size() != kSealedKeyBytes) {
    return false;
  }
  const char* p = GetSigned(bytes.data(), bucket);
  p = GetBigEndian(p, &series->metric);
  GetBigEndian(p, &series->series);
  return true;
}

void AppendSealedValue(model::Timestamp start, std::string_view chunk, std::string* out) {
  const auto begin = static_cast<uint64_t>(BucketOf(start)) * static_cast<uint64_t>(kBucketMs);
  model::AppendVarint(static_cast<uint64_t>(start) - begin, out);
  out->append(chunk);
}

bool DecodeSealedValue(std::string_view bytes, int64_t bucket, model::Timestamp* start,
                       std::string_view* chunk) {
  uint64_t offset = 0;
  if (!TakeVarint(&bytes, &offset) || offset >= static_cast<uint64_t>(kBucketMs)) {
    return false;
  }
  const auto begin = static_cast<uint64_t>(bucket) * static_cast<uint64_t>(kBucketMs);
  *start = static_cast<model::Timestamp>(begin + offset);
  *chunk = bytes;
  return BucketOf(*start) == bucket;
}

std::array<char, sizeof(uint64_t)> EncodeTombstoneKey(uint64_t number) {
  std::array<char, sizeof(uint64_t)> bytes;
  PutBigEndian(number, bytes.data());
  return bytes;
}

bool DecodeTombstoneKey(std::string_view bytes, uint64_t* number) {
  if (bytes.size() != sizeof(*number)) {
    return false;
  }
  GetBigEndian(bytes.data(), number);
  return true;
}

void AppendSeriesValue(const SeriesRecord& series, std::string* out) {
  model::AppendVarint(series.metric_id, out);
  out->append(series.labels.bytes());
}

bool DecodeSeriesValue(std::string_view bytes, SeriesRecord* series) {
  uint64_t metric = 0;
  if (!TakeVarint(&bytes, &metric) || metric == kNoMetric ||
      metric > std::numeric_limits<MetricId>::max() || !model::IsCanonical(bytes)) {
    return false;
  }
  series->metric_id = static_cast<MetricId>(metric);
  series->labels = model::LabelsView(bytes);
  return true;
}

void AppendStateValue(const SeriesState& state, std::string* out) {
  const uint64_t extent =
      static_cast<uint64_t>(state.max_time) - static_cast<uint64_t>(state.min_time);
  model::AppendVarint(model::ZigZag(state.min_time), out);
  model::AppendVarint(extent, out);
}

bool DecodeStateValue(std::string_view bytes, SeriesState* state) {
  uint64_t min_time = 0;
  uint64_t extent = 0;
  if (!TakeVarint(&bytes, &min_time) || !TakeVarint(&bytes, &extent) || !bytes.empty()) {
    return false;
  }
  state->min_time = model::UnZigZag(min_time);
  state->max_time = static_cast<int64_t>(static_cast<uint64_t>(state->min_time) + extent);
  return true;
}

void AppendMetadataValue(const MetricMetadata& metadata, std::string* out) {
  model::AppendVarint(static_cast<uint64_t>(metadata.type), out);
  AppendString(metadata.help, out);
  AppendString(metadata.unit, out);
}

bool DecodeMetadataValue(std::string_view bytes, MetricMetadata* metadata) {
  uint64_t type = 0;
  if (!TakeVarint(&bytes, &type) || type > static_cast<uint64_t>(MetricType::kStateSet) ||
      !TakeString(&bytes, &metadata->help) || !TakeString(&bytes, &metadata->unit)) {
    return false;
  }
  metadata->type = static_cast<MetricType>(type);
  return bytes.empty();
}

}  // namespace tidemark::storage::internal
