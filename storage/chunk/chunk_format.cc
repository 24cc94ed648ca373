// The payload of a sealed chunk
//
//   times     varint      0: the step is constant; 1: of a timeline; else 1 + bytes of the column
//   timeline  varint      the number of the timeline, if of one
//   column    bytes       the times (time_codec.h), if neither
//   values    the rest    value_codec.h
#include "storage/chunk/chunk_format.h"

#include <algorithm>

#include "base/check.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/varint.h"
#include "storage/chunk/internal/byte_reader.h"
#include "storage/chunk/time_codec.h"
#include "storage/chunk/value_codec.h"
#include "storage/head/sample_stream.h"
#include "storage/types.h"

namespace tidemark::storage {
namespace {

using internal::ByteReader;
using model::Timestamp;

enum class Encoding : uint8_t { kSampleStream = 1, kSealed = 2 };

// Columns of times up to this many bytes stay in the chunk.
constexpr size_t kMaxInlineTimes = 16;
constexpr uint64_t kTimesOfTimeline = 1;

struct Header {
  Encoding encoding = Encoding::kSampleStream;
  uint32_t count = 0;
  uint64_t span = 0;
  Timestamp start = 0;
  Timestamp last = 0;
};

absl::Status ReadHeader(ByteReader* reader, Timestamp start, Header* header) {
  if (reader->remaining() == 0) {
    return absl::DataLossError("chunk is empty");
  }
  const uint8_t encoding = reader->Byte();
  const uint64_t count = reader->Varint();
  const uint64_t span = reader->Varint();
  if (encoding != 1 && encoding != 2) {
    return absl::DataLossError(fmt::format("chunk has the unknown encoding {}", encoding));
  }
  if (!reader->ok() || count == 0 || count > UINT32_MAX) {
    return absl::DataLossError("chunk header is malformed");
  }
  *header = {static_cast<Encoding>(encoding), static_cast<uint32_t>(count), span, start,
             static_cast<Timestamp>(static_cast<uint64_t>(start) + span)};
  return absl::OkStatus();
}

void AppendHeader(const Header& header, std::string* value) {
  value->push_back(static_cast<char>(header.encoding));
  model::AppendVarint(header.count, value);
  model::AppendVarint(header.span, value);
}

void AppendTimesOrTimeline(std::span<const Timestamp> times, TimelineWriter* timelines,
                           std::string* value) {
  std::string column;
  AppendTimes(times, &column);
  if (column.size() > kMaxInlineTimes && timelines != nullptr) {
    model::AppendVarint(kTimesOfTimeline, value);
    model::AppendVarint(timelines->Add(times), value);
    return;
  }
  model::AppendVarint(column.empty() ? 0 : 1 + column.size(), value);
  value->append(column);
}

// Fills `times` with the stretch of a timeline that begins at the start of the chunk.
absl::Status CopyTimeline(const Header& header, uint64_t number, TimelineSource* timelines,
                          std::span<Timestamp> times) {
  if (timelines == nullptr || number == 0 || number > UINT32_MAX) {
    return absl::DataLossError(fmt::format("chunk names timeline {}", number));
  }
  ASSIGN_OR_RETURN(
      const std::span<const Timestamp> timeline,
      timelines->Timeline(BucketOf(header.start), static_cast<TimelineNumber>(number)));
  const auto from = std::lower_bound(timeline.begin(), timeline.end(), header.start);
  if (static_cast<size_t>(timeline.end() - from) < times.size() || *from != header.start ||
      from[times.size() - 1] != header.last) {
    return absl::DataLossError(
        fmt::format("timeline {} does not have the times of the chunk", number));
  }
  std::copy_n(from, times.size(), times.begin());
  return absl::OkStatus();
}

absl::Status DecodeTimesOf(const Header& header, ByteReader* reader, TimelineSource* timelines,
                           std::span<Timestamp> times) {
  const uint64_t where = reader->Varint();
  if (where == kTimesOfTimeline) {
    return CopyTimeline(header, reader->Varint(), timelines, times);
  }
  const std::string_view column = reader->Bytes(where == 0 ? 0 : where - 1);
  return reader->ok() ? DecodeTimes(column, header.start, header.last, times)
                      : absl::DataLossError("times of a chunk are cut short");
}

// Takes from `columns` what lies behind `old_size` and outside [min_time, max_time].
void Cut(size_t old_size, Timestamp min_time, Timestamp max_time, SampleColumns* columns) {
  const auto begin = columns->timestamps.begin() + static_cast<ptrdiff_t>(old_size);
  const auto end = columns->timestamps.end();
  const auto from = std::lower_bound(begin, end, min_time);
  const auto to = std::upper_bound(from, end, max_time);
  const auto values = columns->values.begin();
  const auto base = columns->timestamps.begin();
  columns->values.erase(values + (to - base), columns->values.end());
  columns->values.erase(values + (begin - base), values + (from - base));
  columns->timestamps.erase(to, end);
  columns->timestamps.erase(begin, from);
}

absl::Status DecodeSealed(const Header& header, ByteReader* reader, Timestamp min_time,
                          Timestamp max_time, TimelineSource* timelines, SampleColumns* columns) {
  if (header.span >= kBucketMs || header.count > header.span + 1) {
    return absl::DataLossError("header of a sealed chunk is malformed");
  }
  const size_t old_size = columns->size();
  columns->timestamps.resize(old_size + header.count);
  columns->values.resize(old_size + header.count);
  RETURN_IF_ERROR(
      DecodeTimesOf(header, reader, timelines, std::span(columns->timestamps).subspan(old_size)));
  RETURN_IF_ERROR(DecodeValues(reader->Rest(), std::span(columns->values).subspan(old_size)));
  if (header.start < min_time || header.last > max_time) {
    Cut(old_size, min_time, max_time, columns);
  }
  return absl::OkStatus();
}

}  // namespace

std::string EncodeChunk(Timestamp start, Timestamp last, uint32_t count, std::string_view stream) {
  std::string value;
  value.reserve(1 + 2 * model::kMaxVarintBytes + stream.size());
  const uint64_t span = static_cast<uint64_t>(last) - static_cast<uint64_t>(start);
  AppendHeader({Encoding::kSampleStream, count, span, start, last}, &value);
  value.append(stream);
  return value;
}

std::string EncodeChunk(std::span<const model::Sample> samples) {
  TIDEMARK_CHECK(!samples.empty(), "a chunk needs a sample");
  std::string stream(samples.size() * kMaxStreamBytesPerSample, '\0');
  SampleEncoder encoder;
  char* end = encoder.Start(samples.front(), stream.data());
  for (const model::Sample& sample : samples.subspan(1)) {
    end = encoder.Append(sample, end);
  }
  return EncodeChunk(samples.front().t, samples.back().t, static_cast<uint32_t>(samples.size()),
                     {stream.data(), static_cast<size_t>(end - stream.data())});
}

std::string EncodeSealedChunk(std::span<const Timestamp> times, std::span<const double> values,
                              TimelineWriter* timelines) {
  TIDEMARK_CHECK(!times.empty() && times.size() == values.size(),
                 "a chunk of {} times and {} values", times.size(), values.size());
  const Timestamp start = times.front();
  const Timestamp last = times.back();
  TIDEMARK_CHECK(BucketOf(start) == BucketOf(last), "a chunk of more than one bucket");
  std::string value;
  AppendHeader({Encoding::kSealed, static_cast<uint32_t>(times.size()),
                static_cast<uint64_t>(last - start), start, last},
               &value);
  AppendTimesOrTimeline(times, timelines, &value);
  AppendValues(values, &value);
  return value;
}

absl::StatusOr<ChunkExtent> ReadChunkExtent(std::string_view value, Timestamp start) {
  ByteReader reader(value);
  Header header;
  RETURN_IF_ERROR(ReadHeader(&reader, start, &header));
  return ChunkExtent{header.count, header.last};
}

absl::Status DecodeChunk(std::string_view value, Timestamp start, Timestamp min_time,
                         Timestamp max_time, TimelineSource* timelines, SampleColumns* columns) {
  ByteReader reader(value);
  Header header;
  RETURN_IF_ERROR(ReadHeader(&reader, start, &header));
  if (header.last < min_time || start > max_time) {
    return absl::OkStatus();
  }
  if (header.encoding == Encoding::kSampleStream) {
    return DecodeStream(reader.Rest(), header.count, min_time, max_time, columns);
  }
  return DecodeSealed(header, &reader, min_time, max_time, timelines, columns);
}

}  // namespace tidemark::storage
