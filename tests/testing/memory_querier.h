// MemoryQuerier is a storage::Querier over series that a test puts into it.
//
// Thread-safe while nothing is added.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/querier.h"

namespace tidemark::testing {

class MemoryQuerier final : public storage::Querier {
 public:
  // Adds samples behind those the series has. REQUIRES: their times ascend.
  void Add(const model::Labels& labels, const std::vector<model::Sample>& samples);
  void Clear() { series_.clear(); }

  // Series come in order of their labels.
  absl::StatusOr<std::unique_ptr<storage::SeriesSet>> Select(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelNames(
      const storage::Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelValues(
      std::string_view name, const storage::Selection& selection) const override;

  // Makes every Select() and Read() fail with this, until it is OK again.
  void set_failure(absl::Status failure) { failure_ = std::move(failure); }

 private:
  struct Before {
    bool operator()(const model::Labels& a, const model::Labels& b) const {
      return model::Compare(a, b) < 0;
    }
  };

  std::map<model::Labels, storage::SampleColumns, Before> series_;
  absl::Status failure_;
};

}  // namespace tidemark::testing
