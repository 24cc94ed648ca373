// The body of a series record of the journal: definitions of new series, each told by how it
// differs from the one before.
//
// Senders bring the series of a target one after the other: neighbours differ in the metric's name
// or in one label, and what lies before and behind that in their label bytes is the same. A body
// stands alone: its first definition is whole. Drawn in docs/format/journal_records.md.
#pragma once

#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "storage/types.h"

namespace tidemark::storage {

// Gathers a body. Thread-compatible.
class SeriesRecordWriter {
 public:
  bool empty() const { return body_.empty(); }
  void Add(const SeriesRecord& series);

  std::string_view body() const { return body_; }
  // Keeps the memory.
  void Clear();

 private:
  std::string body_;
  SeriesRef last_ref_ = kNoSeries;
  std::string last_labels_;
};

// Calls `visit` for each definition of a body, in order; its labels are valid during the call.
// DataLoss when the bytes are no body; the first error of `visit` ends the walk and is returned.
absl::Status ReadSeriesRecord(std::string_view body,
                              absl::FunctionRef<absl::Status(const SeriesRecord&)> visit);

}  // namespace tidemark::storage
