// ChunkReader and ChunkCursor: the chunks of some series over a stretch of time, in key order,
// what the sweep wrote and what consolidation sealed alike.
//
//   auto reader = store->NewChunkReader();
//   auto cursor = reader->Scan(series, min_time, max_time);
//   while (cursor->Next()) { use(cursor->key(), cursor->value()); }
//   RETURN_IF_ERROR(cursor->status());
//
// Costs one seek a bucket for a single series, and close to one sequential read a bucket for many
// series of one metric; buckets without chunks of the series are skipped.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "model/sample.h"
#include "storage/types.h"

namespace tidemark::storage {

// Walks bucket by bucket, inside a bucket in order of metric, series; of a series first the sealed
// chunk, if there is one, then the others in order of start. Thread-compatible.
class ChunkCursor {
 public:
  virtual ~ChunkCursor() = default;

  // Moves to the next chunk; false behind the last one and after an error.
  virtual bool Next() = 0;

  // The present chunk; the value is valid until Next.
  virtual const ChunkKey& key() const = 0;
  virtual std::string_view value() const = 0;

  // Why Next gave false: OK at the end.
  virtual absl::Status status() const = 0;
};

// All chunks as they were when the reader was made. Thread-safe; cursors must not outlive it and
// it must not outlive the store. Keeps replaced chunks on disk while it lives, so let it be short.
class ChunkReader {
 public:
  virtual ~ChunkReader() = default;

  // The chunks of `series` that may hold a sample in [min_time, max_time], both included: those
  // in the buckets touched that do not start behind max_time.
  // REQUIRES: `series` is sorted, without duplicates.
  virtual std::unique_ptr<ChunkCursor> Scan(std::vector<SeriesKey> series,
                                            model::Timestamp min_time,
                                            model::Timestamp max_time) const = 0;

  // The row of a timeline that sealed chunks of `bucket` name; NotFound if there is none.
  virtual absl::StatusOr<std::string> LoadTimeline(int64_t bucket, uint32_t number) const = 0;
};

}  // namespace tidemark::storage
