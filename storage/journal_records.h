// What the journal's payloads hold: definitions of series, samples, metadata.
//
// A payload is a run of records: type (1 byte), length of the body (varint), body.
//
//   series    for each: varint ref, varint metric id, varint length, canonical label bytes
//   samples   for each: varint key, varint time, 8 bytes value (bits, little-endian)
//               key  = zigzag(ref - ref before) << 1 | in order
//               time = zigzag(time - time before)
//   metadata  for each: varint length, metric name; type (1 byte); varint length, help;
//             varint length, unit
//
// A sample marked "in order" was newer than every sample of its series when it was appended: on
// replay it may be skipped if its series is persisted up to a later time. docs/format/
// journal_records.md draws this and says what must be written before what.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "model/sample.h"
#include "storage/types.h"

namespace tidemark::storage {

// Gathers the records of one request. Thread-compatible.
class JournalRecordWriter {
 public:
  void AddSeries(const SeriesRecord& series);
  void AddSample(SeriesRef ref, model::Sample sample, bool in_order);
  void AddMetadata(std::string_view metric, const MetricMetadata& metadata);

  bool empty() const { return series_.empty() && samples_.empty() && metadata_.empty(); }
  // The payload; the writer is empty afterwards and keeps its memory.
  std::string Take();

 private:
  std::string series_;
  std::string samples_;
  std::string metadata_;
  SeriesRef last_ref_ = 0;
  model::Timestamp last_time_ = 0;
};

// Receives the records of a payload.
class JournalRecordVisitor {
 public:
  virtual ~JournalRecordVisitor() = default;
  virtual absl::Status OnSeries(const SeriesRecord& series) = 0;
  virtual absl::Status OnSample(SeriesRef ref, model::Sample sample, bool in_order) = 0;
  virtual absl::Status OnMetadata(std::string_view metric, MetricMetadata metadata) = 0;
};

// Hands the records of `payload` to `visitor`, in order. DataLoss when the bytes are no payload;
// the visitor's first error ends the walk and is returned.
absl::Status ReadJournalRecords(std::string_view payload, JournalRecordVisitor* visitor);

}  // namespace tidemark::storage
