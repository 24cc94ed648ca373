// Keys are big-endian with the sign bit flipped, as everywhere (schema.cc).
//
//   cold_series  week (8) | ref (4)                → varint metric id, varint zigzag(min),
//                                                    varint (max − min), canonical label bytes
//   cold_index   week (8)                          → varint series, varint zigzag(min),
//                                                    varint (max − min)
//                week (8) | name | value | block (2) → a row of postings
//
// Names and values end with 00 01; a 00 inside is written 00 ff. So rows lie in order of name and
// value, the rows of a name and of a pair are neighbours, and no key is another one's beginning.
#include "storage/rocksdb/internal/cold_schema.h"

#include "model/labels.h"
#include "model/varint.h"
#include "storage/rocksdb/internal/key_bytes.h"
#include "storage/rocksdb/internal/schema.h"

namespace tidemark::storage::internal {
namespace {

constexpr char kMark = '\x00';
constexpr char kEnd = '\x01';
constexpr char kBehindEnd = '\x02';
constexpr char kZero = '\xff';
constexpr size_t kWeekBytes = 8;
constexpr size_t kBlockBytes = 2;

void AppendText(std::string_view text, std::string* out) {
  for (const char c : text) {
    out->push_back(c);
    if (c == kMark) {
      out->push_back(kZero);
    }
  }
  out->push_back(kMark);
  out->push_back(kEnd);
}

bool TakeText(std::string_view* bytes, std::string* text) {
  text->clear();
  while (true) {
    const size_t mark = bytes->find(kMark);
    if (mark == std::string_view::npos || mark + 1 == bytes->size()) {
      return false;
    }
    text->append(bytes->substr(0, mark));
    const char kind = (*bytes)[mark + 1];
    bytes->remove_prefix(mark + 2);
    if (kind == kEnd) {
      return true;
    }
    if (kind != kZero) {
      return false;
    }
    text->push_back(kMark);
  }
}

void AppendTimes(model::Timestamp min, model::Timestamp max, std::string* out) {
  model::AppendVarint(model::ZigZag(min), out);
  model::AppendVarint(static_cast<uint64_t>(max) - static_cast<uint64_t>(min), out);
}

bool TakeTimes(std::string_view* bytes, model::Timestamp* min, model::Timestamp* max) {
  uint64_t zigzag = 0;
  uint64_t extent = 0;
  if (!TakeVarint(bytes, &zigzag) || !TakeVarint(bytes, &extent)) {
    return false;
  }
  *min = model::UnZigZag(zigzag);
  *max = static_cast<model::Timestamp>(static_cast<uint64_t>(*min) + extent);
  return true;
}

}  // namespace

void AppendWeekKey(int64_t week, std::string* out) {
  char bytes[kWeekBytes];
  PutSigned(week, bytes);
  out->append(bytes, kWeekBytes);
}

void AppendColdSeriesKey(int64_t week, SeriesRef ref, std::string* out) {
  AppendWeekKey(week, out);
  out->append(View(EncodeSeriesKey(ref)));
}

bool DecodeColdSeriesKey(std::string_view bytes, int64_t* week, SeriesRef* ref) {
  if (bytes.size() != kWeekBytes + kSeriesKeyBytes) {
    return false;
  }
  GetSigned(bytes.data(), week);
  return DecodeSeriesKey(bytes.substr(kWeekBytes), ref);
}

void AppendColdSeriesValue(const ColdSeriesRecord& series, std::string* out) {
  model::AppendVarint(series.metric_id, out);
  AppendTimes(series.min_time, series.max_time, out);
  out->append(series.labels.bytes());
}

bool DecodeColdSeriesValue(std::string_view bytes, ColdSeriesRecord* series) {
  uint64_t metric = 0;
  if (!TakeVarint(&bytes, &metric) || metric == kNoMetric || metric > UINT32_MAX ||
      !TakeTimes(&bytes, &series->min_time, &series->max_time) || !model::IsCanonical(bytes)) {
    return false;
  }
  series->metric_id = static_cast<MetricId>(metric);
  series->labels = model::LabelsView(bytes);
  return true;
}

void AppendColdPairKey(int64_t week, std::string_view name, std::string_view value,
                       std::string* out) {
  AppendColdNameKey(week, name, out);
  AppendText(value, out);
}

void AppendColdNameKey(int64_t week, std::string_view name, std::string* out) {
  AppendWeekKey(week, out);
  AppendText(name, out);
}

void AppendColdNameEnd(int64_t week, std::string_view name, std::string* out) {
  AppendColdNameKey(week, name, out);
  out->back() = kBehindEnd;
}

void AppendColdBlock(uint16_t block, std::string* out) {
  out->push_back(static_cast<char>(block >> 8));
  out->push_back(static_cast<char>(block));
}

bool DecodeColdIndexKey(std::string_view bytes, ColdIndexKey* key) {
  if (bytes.size() < kWeekBytes) {
    return false;
  }
  GetSigned(bytes.data(), &key->week);
  bytes.remove_prefix(kWeekBytes);
  key->is_group = bytes.empty();
  if (key->is_group) {
    return true;
  }
  if (!TakeText(&bytes, &key->name) || !TakeText(&bytes, &key->value) ||
      bytes.size() != kBlockBytes) {
    return false;
  }
  key->block =
      static_cast<uint16_t>(static_cast<uint8_t>(bytes[0]) << 8 | static_cast<uint8_t>(bytes[1]));
  return true;
}

void AppendColdGroupValue(const ColdGroup& group, std::string* out) {
  model::AppendVarint(group.series, out);
  AppendTimes(group.min_time, group.max_time, out);
}

bool DecodeColdGroupValue(std::string_view bytes, ColdGroup* group) {
  return TakeVarint(&bytes, &group->series) &&
         TakeTimes(&bytes, &group->min_time, &group->max_time) && bytes.empty();
}

}  // namespace tidemark::storage::internal
