// Timelines: columns of times that many chunks of a bucket share.
//
// All series of one target are scraped at the same moments. A column of times that is longer than
// a reference to it is stored once a bucket, as the value of a row of its own, and chunks name it
// by number. A chunk whose times are a stretch of a timeline names it as well: its own first time
// tells where the stretch begins. The number of a timeline is never given to other times while its
// bucket exists, so what was decoded once stays true.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/sample.h"

namespace tidemark::storage {

// Names a timeline of a bucket; from 1.
using TimelineNumber = uint32_t;
inline constexpr TimelineNumber kNoTimeline = 0;

// The value of the row of a timeline. REQUIRES: `times` is not empty and strictly ascending.
std::string EncodeTimeline(std::span<const model::Timestamp> times);
// Replaces `times`. DataLoss when `row` is no timeline.
absl::Status DecodeTimeline(std::string_view row, std::vector<model::Timestamp>* times);

// TimelineWriter gathers the timelines of one bucket while its chunks are encoded. The rows sort
// before the chunks, and are complete only behind the last chunk: they go into a table file of
// their own. Thread-compatible.
class TimelineWriter {
 public:
  struct Row {
    TimelineNumber number = kNoTimeline;
    std::string value;
  };

  // A timeline that the bucket has already, in any order, before the first Add. DataLoss when
  // `row` is no timeline.
  absl::Status Adopt(TimelineNumber number, std::string_view row);

  // The timeline that equals `times`, a new one if there is none.
  // REQUIRES: `times` is not empty and strictly ascending.
  TimelineNumber Add(std::span<const model::Timestamp> times);

  // What Add has made, in order of number. Adopted timelines are not among them.
  std::span<const Row> rows() const { return rows_; }

 private:
  TimelineNumber next_ = 1;
  std::unordered_map<std::string, TimelineNumber> numbers_;  // by row
  std::vector<Row> rows_;
};

// Where DecodeChunk finds the times of the chunks that name a timeline.
class TimelineSource {
 public:
  virtual ~TimelineSource() = default;

  // Timeline `number` of `bucket`, valid until the next call.
  virtual absl::StatusOr<std::span<const model::Timestamp>> Timeline(int64_t bucket,
                                                                     TimelineNumber number) = 0;
};

// TimelineCache decodes each timeline once and keeps it, up to a number of bytes.
// Thread-compatible: one for each query that reads chunks.
class TimelineCache final : public TimelineSource {
 public:
  // Gives the row of a timeline: NotFound, or what failed.
  using Load = absl::AnyInvocable<absl::StatusOr<std::string>(int64_t bucket, TimelineNumber)>;

  explicit TimelineCache(Load load, size_t max_bytes = 32 << 20);

  absl::StatusOr<std::span<const model::Timestamp>> Timeline(int64_t bucket,
                                                             TimelineNumber number) override;

 private:
  using Key = std::pair<int64_t, TimelineNumber>;
  struct HashKey {
    size_t operator()(const Key& key) const;
  };

  Load load_;
  const size_t max_bytes_;
  size_t bytes_ = 0;
  std::unordered_map<Key, std::vector<model::Timestamp>, HashKey> timelines_;
};

}  // namespace tidemark::storage
