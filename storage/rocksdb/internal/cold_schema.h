// The keys and values of the column families cold_series and cold_index (docs/format/rocksdb.md).
//
// Encoders append to `out`; decoders check lengths and ranges and give false for what no encoder
// could have meant. Pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/types.h"

namespace tidemark::storage::internal {

// The first key of a group in either family; in cold_index also the key of the group itself.
void AppendWeekKey(int64_t week, std::string* out);

void AppendColdSeriesKey(int64_t week, SeriesRef ref, std::string* out);
bool DecodeColdSeriesKey(std::string_view bytes, int64_t* week, SeriesRef* ref);
void AppendColdSeriesValue(const ColdSeriesRecord& series, std::string* out);
bool DecodeColdSeriesValue(std::string_view bytes, ColdSeriesRecord* series);  // all but the ref

// The key without its block, which all rows of the pair begin with.
void AppendColdPairKey(int64_t week, std::string_view name, std::string_view value,
                       std::string* out);
// Where the rows of label `name` begin, and a bound behind the last of them.
void AppendColdNameKey(int64_t week, std::string_view name, std::string* out);
void AppendColdNameEnd(int64_t week, std::string_view name, std::string* out);
void AppendColdBlock(uint16_t block, std::string* out);

struct ColdIndexKey {
  int64_t week = 0;
  bool is_group = false;  // the row of the group itself; the rest is then empty
  std::string name;
  std::string value;
  uint16_t block = 0;
};
bool DecodeColdIndexKey(std::string_view bytes, ColdIndexKey* key);

void AppendColdGroupValue(const ColdGroup& group, std::string* out);
bool DecodeColdGroupValue(std::string_view bytes, ColdGroup* group);  // all but the week

}  // namespace tidemark::storage::internal
