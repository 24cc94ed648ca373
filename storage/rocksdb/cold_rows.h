// Cold series in the store: the records of series that have left memory, and an index of them.
//
// They lie in groups by the week of their last sample, so that a query reads the groups its time
// range can touch, and a group goes as one when its week is older than the retention. Rows are
// written with StoreBatch (PutColdSeries, PutColdPostings, PutColdGroup) and read through a
// ColdReader. What a row of postings holds is not known here (storage/cold/posting_row.h); a pair's
// refs are spread over rows by their upper 16 bits. Layout: docs/format/rocksdb.md.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/types.h"

namespace tidemark::storage {

// A row of postings is named by its group, label pair and block: the upper 16 bits of its refs.
// The empty name with the empty value stands for all series of the group.
struct ColdPair {
  int64_t week = 0;
  std::string_view name;
  std::string_view value;
};

// Everything cold as it was when the reader was made. Thread-safe; must not outlive the store.
// What is handed to a visitor lives only during the call; a visitor's error ends the walk.
class ColdReader {
 public:
  virtual ~ColdReader() = default;

  using VisitRow =
      absl::FunctionRef<absl::Status(std::string_view value, uint16_t block, std::string_view row)>;

  // One row of postings; false if there is none.
  virtual absl::StatusOr<bool> GetRow(const ColdPair& pair, uint16_t block,
                                      std::string* row) const = 0;
  // The rows of one pair, in order of block.
  virtual absl::Status VisitPair(const ColdPair& pair, VisitRow visit) const = 0;
  // The rows of all values of `name` in [first, last], in order; an empty `last` is no bound.
  virtual absl::Status VisitValues(int64_t week, std::string_view name, std::string_view first,
                                   std::string_view last, VisitRow visit) const = 0;
  // The label names of a group, in order.
  virtual absl::Status VisitNames(
      int64_t week, absl::FunctionRef<absl::Status(std::string_view name)> visit) const = 0;
  // The records of those of `refs` (ascending) that are in the group.
  virtual absl::Status VisitSeries(
      int64_t week, std::span<const SeriesRef> refs,
      absl::FunctionRef<absl::Status(const ColdSeriesRecord&)> visit) const = 0;
};

}  // namespace tidemark::storage
