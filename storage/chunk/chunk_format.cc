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

// The times of a sealed chunk that are wanted: those in [min_time, max_time].
class WantedTimes {
 public:
  WantedTimes(Timestamp min_time, Timestamp max_time, std::vector<Timestamp>* out)
      : min_time_(min_time), max_time_(max_time), out_(*out), old_size_(out->size()) {}

  // Appends those of `times`.
  void Take(std::span<const Timestamp> times) {
    const auto from = std::lower_bound(times.begin(), times.end(), min_time_);
    const auto to = std::upper_bound(from, times.end(), max_time_);
    out_.insert(out_.end(), from, to);
    from_ = static_cast<size_t>(from - times.begin());
  }
  // Appends those of a chunk with a constant step.
  void TakeSteps(const Header& header, uint64_t step) {
    const auto number_from = [&](Timestamp t) -> uint64_t {
      const uint64_t distance = static_cast<uint64_t>(t) - static_cast<uint64_t>(header.start);
      return t <= header.start ? 0 : step == 0 ? 1 : (distance + step - 1) / step;
    };
    from_ = number_from(min_time_);
    const uint64_t to = max_time_ >= header.last ? header.count : number_from(max_time_ + 1);
    for (uint64_t i = from_; i < to; ++i) {
      out_.push_back(header.start + static_cast<Timestamp>(i * step));
    }
  }

  size_t from() const { return from_; }  // the number of the first
  size_t size() const { return out_.size() - old_size_; }

 private:
  const Timestamp min_time_;
  const Timestamp max_time_;
  std::vector<Timestamp>& out_;
  const size_t old_size_;
  size_t from_ = 0;
};

// Takes from the stretch of a timeline that begins at the start of the chunk.
absl::Status TakeTimeline(const Header& header, uint64_t number, TimelineSource* timelines,
                          WantedTimes* wanted) {
  if (timelines == nullptr || number == 0 || number > UINT32_MAX) {
    return absl::DataLossError(fmt::format("chunk names timeline {}", number));
  }
  ASSIGN_OR_RETURN(
      const std::span<const Timestamp> timeline,
      timelines->Timeline(BucketOf(header.start), static_cast<TimelineNumber>(number)));
  const auto from = std::lower_bound(timeline.begin(), timeline.end(), header.start);
  if (static_cast<size_t>(timeline.end() - from) < header.count || *from != header.start ||
      from[header.count - 1] != header.last) {
    return absl::DataLossError(
        fmt::format("timeline {} does not have the times of the chunk", number));
  }
  wanted->Take({from, header.count});
  return absl::OkStatus();
}

absl::Status TakeTimes(const Header& header, ByteReader* reader, TimelineSource* timelines,
                       WantedTimes* wanted) {
  const uint64_t where = reader->Varint();
  if (where == kTimesOfTimeline) {
    return TakeTimeline(header, reader->Varint(), timelines, wanted);
  }
  const std::string_view column = reader->Bytes(where == 0 ? 0 : where - 1);
  if (!reader->ok()) {
    return absl::DataLossError("times of a chunk are cut short");
  }
  uint64_t step = 0;
  if (column.empty() && HasStep(header.start, header.last, header.count, &step)) {
    wanted->TakeSteps(header, step);
    return absl::OkStatus();
  }
  std::vector<Timestamp> times(header.count);
  RETURN_IF_ERROR(DecodeTimes(column, header.start, header.last, times));
  wanted->Take(times);
  return absl::OkStatus();
}

absl::Status DecodeSealed(const Header& header, ByteReader* reader, Timestamp min_time,
                          Timestamp max_time, TimelineSource* timelines, SampleColumns* columns) {
  if (header.span >= kBucketMs || header.count > header.span + 1) {
    return absl::DataLossError("header of a sealed chunk is malformed");
  }
  WantedTimes wanted(min_time, max_time, &columns->timestamps);
  RETURN_IF_ERROR(TakeTimes(header, reader, timelines, &wanted));
  const size_t old_size = columns->values.size();
  columns->values.resize(old_size + wanted.size());
  return DecodeValues(reader->Rest(), header.count, wanted.from(),
                      std::span(columns->values).subspan(old_size));
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
