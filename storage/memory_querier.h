// MemoryQuerier is a Querier over series that someone puts into it: for tests, and for rules that
// are judged on series written down in a file.
//
// Thread-safe while nothing is added.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/querier.h"

namespace tidemark::storage {

class MemoryQuerier final : public Querier {
 public:
  // Adds samples behind those the series has. REQUIRES: their times ascend.
  void Add(const model::Labels& labels, const std::vector<model::Sample>& samples);
  // Adds one sample; false, and nothing changes, when the series has one later, or another at its
  // time.
  bool Append(const model::Labels& labels, model::Sample sample);
  void Clear() { series_.clear(); }

  // Series come in order of their labels.
  absl::StatusOr<std::unique_ptr<SeriesSet>> Select(const Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelNames(const Selection& selection) const override;
  absl::StatusOr<std::vector<std::string>> LabelValues(std::string_view name,
                                                       const Selection& selection) const override;

  // Makes every Select() fail with this, until it is OK again.
  void set_failure(absl::Status failure) { failure_ = std::move(failure); }

 private:
  struct Before {
    bool operator()(const model::Labels& a, const model::Labels& b) const {
      return model::Compare(a, b) < 0;
    }
  };

  std::map<model::Labels, SampleColumns, Before> series_;
  absl::Status failure_;
};

}  // namespace tidemark::storage
