// The row of a timeline
//
//   count   varint
//   first   varint     zigzag, ms
//   span    varint     last time - first, ms
//   times   the rest   as storage/chunk/time_codec.h has it
#include "storage/chunk/timeline.h"

#include <algorithm>

#include "base/check.h"
#include "base/status_macros.h"
#include "storage/chunk/internal/byte_reader.h"
#include "storage/chunk/time_codec.h"
#include "storage/types.h"

namespace tidemark::storage {

using internal::ByteReader;
using model::Timestamp;

std::string EncodeTimeline(std::span<const Timestamp> times) {
  std::string row;
  model::AppendVarint(times.size(), &row);
  model::AppendVarint(model::ZigZag(times.front()), &row);
  model::AppendVarint(static_cast<uint64_t>(times.back() - times.front()), &row);
  AppendTimes(times, &row);
  return row;
}

absl::Status DecodeTimeline(std::string_view row, std::vector<Timestamp>* times) {
  ByteReader reader(row);
  const uint64_t count = reader.Varint();
  const Timestamp first = model::UnZigZag(reader.Varint());
  const uint64_t span = reader.Varint();
  if (!reader.ok() || span >= kBucketMs || count == 0 || count > span + 1) {
    return absl::DataLossError("header of a timeline is malformed");
  }
  times->resize(count);
  const auto last = static_cast<Timestamp>(static_cast<uint64_t>(first) + span);
  return base::Annotate(DecodeTimes(reader.Rest(), first, last, *times), "timeline");
}

absl::Status TimelineWriter::Adopt(TimelineNumber number, std::string_view row) {
  TIDEMARK_DCHECK(rows_.empty(), "adopts timelines behind new ones");
  std::vector<Timestamp> times;
  RETURN_IF_ERROR(DecodeTimeline(row, &times));
  numbers_.emplace(row, number);
  next_ = std::max(next_, number + 1);
  return absl::OkStatus();
}

TimelineNumber TimelineWriter::Add(std::span<const Timestamp> times) {
  const auto [entry, is_new] = numbers_.emplace(EncodeTimeline(times), next_);
  if (is_new) {
    rows_.push_back({next_, entry->first});
    ++next_;
  }
  return entry->second;
}

TimelineCache::TimelineCache(Load load, size_t max_bytes)
    : load_(std::move(load)), max_bytes_(max_bytes) {}

size_t TimelineCache::HashKey::operator()(const Key& key) const {
  return static_cast<size_t>(key.first) * 0x9e3779b97f4a7c15 + key.second;
}

absl::StatusOr<std::span<const Timestamp>> TimelineCache::Timeline(int64_t bucket,
                                                                   TimelineNumber number) {
  if (const auto found = timelines_.find({bucket, number}); found != timelines_.end()) {
    return std::span<const Timestamp>(found->second);
  }
  ASSIGN_OR_RETURN(const std::string row, load_(bucket, number));
  std::vector<Timestamp> times;
  RETURN_IF_ERROR(DecodeTimeline(row, &times));
  const size_t bytes = times.size() * sizeof(Timestamp);
  if (bytes_ + bytes > max_bytes_) {
    timelines_.clear();
    bytes_ = 0;
  }
  bytes_ += bytes;
  return std::span<const Timestamp>(timelines_[{bucket, number}] = std::move(times));
}

}  // namespace tidemark::storage
