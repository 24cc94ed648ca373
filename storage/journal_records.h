// What the journal's payloads hold: definitions of series, samples, metadata.
//
// A payload is a run of records: type (1 byte), length of the body (varint), body.
//
//   series    see storage/series_record.h
//   samples   see storage/sample_record.h
//   metadata  for each: varint length, metric name; type (1 byte); varint length, help;
//             varint length, unit
//
// A sample marked "in order" was newer than every sample of its series when it was appended: on
// replay it may be skipped if its series is persisted up to a later time. docs/format/
// journal_records.md draws this and says what must be written before what.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "model/sample.h"
#include "storage/sample_record.h"
#include "storage/series_record.h"
#include "storage/types.h"

namespace tidemark::storage {

// Gathers the records of one request. Thread-compatible.
class JournalRecordWriter {
 public:
  void AddSeries(const SeriesRecord& series) { series_.Add(series); }
  void AddSample(SeriesRef ref, model::Sample sample, bool in_order) {
    samples_.Add(ref, sample, in_order);
  }
  void AddMetadata(std::string_view metric, const MetricMetadata& metadata);

  bool empty() const { return series_.empty() && samples_.empty() && metadata_.empty(); }
  // Makes `payload` the payload; the writer is empty afterwards. Both keep their memory.
  void TakeInto(std::string* payload);
  std::string Take() {
    std::string payload;
    TakeInto(&payload);
    return payload;
  }

 private:
  SeriesRecordWriter series_;
  SampleRecordWriter samples_;
  std::string metadata_;
};

// Receives the records of a payload.
class JournalRecordVisitor {
 public:
  virtual ~JournalRecordVisitor() = default;
  // The labels are valid during the call.
  virtual absl::Status OnSeries(const SeriesRecord& series) = 0;
  // A run of one record's samples. Valid during the call.
  virtual absl::Status OnSamples(std::span<const JournalSample> samples) = 0;
  virtual absl::Status OnMetadata(std::string_view metric, MetricMetadata metadata) = 0;
};

// Hands the records of `payload` to `visitor`, in order. DataLoss when the bytes are no payload;
// the visitor's first error ends the walk and is returned.
absl::Status ReadJournalRecords(std::string_view payload, JournalRecordVisitor* visitor);

}  // namespace tidemark::storage
