// Schema: the column families with the bytes of their keys and values (docs/format/rocksdb.md).
//
// Encoders append to `out`; decoders check lengths and ranges and give false for what no encoder
// could have meant. Pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "storage/types.h"

namespace tidemark::storage::internal {

inline constexpr uint64_t kFormatVersion = 2;
inline constexpr std::string_view kFormatVersionKey = "format_version";

enum class Family : uint8_t {
  kDefault,
  kSeries,
  kState,
  kMetadata,
  kChunks,
  kSealed,
  kColdSeries,
  kColdIndex,
  kTombstones
};
inline constexpr size_t kFamilyCount = 9;
inline constexpr std::array<std::string_view, kFamilyCount> kFamilyNames = {
    "default", "series",      "state",      "metadata",  "chunks",
    "sealed",  "cold_series", "cold_index", "tombstones"};

inline constexpr size_t kSeriesKeyBytes = 4;
inline constexpr size_t kSealedKeyBytes = 16;
inline constexpr size_t kChunkKeyBytes = 29;

using SeriesKeyBytes = std::array<char, kSeriesKeyBytes>;
using SealedKeyBytes = std::array<char, kSealedKeyBytes>;
using ChunkKeyBytes = std::array<char, kChunkKeyBytes>;

SeriesKeyBytes EncodeSeriesKey(SeriesRef ref);
bool DecodeSeriesKey(std::string_view bytes, SeriesRef* ref);

ChunkKeyBytes EncodeChunkKey(const ChunkKey& key);
bool DecodeChunkKey(std::string_view bytes, ChunkKey* key);

// The key of a sealed chunk; also what all chunk keys of the series in the bucket begin with, and
// without a series what all keys of the bucket come behind.
SealedKeyBytes EncodeSealedKey(int64_t bucket, SeriesKey series = {});
bool DecodeSealedKey(std::string_view bytes, int64_t* bucket, SeriesKey* series);
// Timelines have the keys of series of metric 0, which is no metric.
inline SeriesKey TimelineKey(uint32_t number) { return {kNoMetric, number}; }

// A sealed chunk as a value: its start, which its key does not tell, and the chunk.
void AppendSealedValue(model::Timestamp start, std::string_view chunk, std::string* out);
bool DecodeSealedValue(std::string_view bytes, int64_t bucket, model::Timestamp* start,
                       std::string_view* chunk);

std::array<char, sizeof(uint64_t)> EncodeTombstoneKey(uint64_t number);
bool DecodeTombstoneKey(std::string_view bytes, uint64_t* number);

void AppendSeriesValue(const SeriesRecord& series, std::string* out);
bool DecodeSeriesValue(std::string_view bytes, SeriesRecord* series);  // all but the ref

void AppendStateValue(const SeriesState& state, std::string* out);
bool DecodeStateValue(std::string_view bytes, SeriesState* state);  // all but the ref

void AppendMetadataValue(const MetricMetadata& metadata, std::string* out);
bool DecodeMetadataValue(std::string_view bytes, MetricMetadata* metadata);

template <size_t N>
std::string_view View(const std::array<char, N>& bytes) {
  return {bytes.data(), N};
}

}  // namespace tidemark::storage::internal
