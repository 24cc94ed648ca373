// Any bytes as a chunk, as a timeline and as single columns. They are refused, or give samples that
// ascend in time, and these are encoded and decoded again without a change.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "storage/chunk/chunk_format.h"
#include "storage/chunk/time_codec.h"
#include "storage/chunk/value_codec.h"

namespace tidemark::storage {
namespace {

using model::Timestamp;

constexpr Timestamp kStart = 81'000 * 21'600'000LL;
constexpr size_t kMaxCount = 100'000;

bool Ascends(std::span<const Timestamp> times) {
  return std::adjacent_find(times.begin(), times.end(), std::greater_equal<>()) == times.end();
}

bool SameBits(std::span<const double> a, std::span<const double> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), model::SameBits);
}

// Every number names the same timeline.
class OneTimeline final : public TimelineSource {
 public:
  OneTimeline() {
    for (Timestamp t = kStart; times_.size() < 1000; t += 15 + t % 3) {
      times_.push_back(t);
    }
  }
  absl::StatusOr<std::span<const Timestamp>> Timeline(int64_t, TimelineNumber) override {
    return std::span<const Timestamp>(times_);
  }

 private:
  std::vector<Timestamp> times_;
};

void CheckValues(std::string_view bytes, size_t count) {
  std::vector<double> values(count);
  if (!DecodeValues(bytes, values).ok()) {
    return;
  }
  std::string encoded;
  AppendValues(values, &encoded);
  std::vector<double> again(count);
  TIDEMARK_CHECK(DecodeValues(encoded, again).ok(), "values were refused");
  TIDEMARK_CHECK(SameBits(values, again), "values changed");
}

void CheckTimes(std::string_view bytes, size_t count, Timestamp span) {
  std::vector<Timestamp> times(count);
  if (!DecodeTimes(bytes, kStart, kStart + span, times).ok()) {
    return;
  }
  TIDEMARK_CHECK(Ascends(times) && times.front() == kStart && times.back() == kStart + span,
                 "times do not ascend");
  std::string encoded;
  AppendTimes(times, &encoded);
  std::vector<Timestamp> again(count);
  TIDEMARK_CHECK(DecodeTimes(encoded, times.front(), times.back(), again).ok(), "times refused");
  TIDEMARK_CHECK(times == again, "times changed");
}

void CheckChunk(std::string_view bytes) {
  const absl::StatusOr<ChunkExtent> extent = ReadChunkExtent(bytes, kStart);
  if (!extent.ok() || extent->count > kMaxCount) {
    return;
  }
  OneTimeline timelines;
  SampleColumns all;
  if (!DecodeChunk(bytes, kStart, model::kMinTimestamp, model::kMaxTimestamp, &timelines, &all)
           .ok()) {
    return;
  }
  TIDEMARK_CHECK(all.timestamps.size() == all.values.size(), "columns differ in length");
  const Timestamp from = kStart + 100;
  SampleColumns some;
  const absl::Status status =
      DecodeChunk(bytes, kStart, from, model::kMaxTimestamp, &timelines, &some);
  TIDEMARK_CHECK(status.ok(), "a part was refused");
}

void CheckTimeline(std::string_view bytes) {
  std::vector<Timestamp> times;
  if (DecodeTimeline(bytes, &times).ok()) {
    TIDEMARK_CHECK(Ascends(times), "a timeline does not ascend");
  }
}

void CheckAll(std::string_view bytes) {
  CheckChunk(bytes);
  CheckTimeline(bytes);
  if (bytes.size() >= 2) {
    const size_t count = 1 + static_cast<uint8_t>(bytes[0]) * 5;
    CheckValues(bytes.substr(1), count);
    CheckTimes(bytes.substr(2), count, Timestamp{static_cast<uint8_t>(bytes[1])} * 1000);
  }
}

}  // namespace
}  // namespace tidemark::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tidemark::storage::CheckAll({reinterpret_cast<const char*>(data), size});
  return 0;
}
