// Refusals counts what of one request was refused for good, and words it for the sender.
// Thread-compatible.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "model/labels.h"
#include "model/sample.h"

namespace tidemark::ingest {

enum class RefusalCause : uint8_t { kLabels, kTooOld, kTooNew, kConflict };
inline constexpr size_t kRefusalCauses = 4;

// "invalid_labels", "too_old", "out_of_bounds", "duplicate_timestamp": as metrics name them.
std::string_view RefusalCauseName(RefusalCause cause);

class Refusals {
 public:
  // All `samples` of a series whose labels `cause` refuses.
  void AddSeries(const absl::Status& cause, size_t samples);
  void AddSample(RefusalCause cause, model::LabelsView series, model::Sample sample);

  size_t total() const;
  size_t count(RefusalCause cause) const { return counts_[static_cast<size_t>(cause)]; }

  // OK when nothing was refused, else InvalidArgument: how many of `samples`, and the first ones
  // with their reasons.
  absl::Status ToStatus(size_t samples) const;

 private:
  void Describe(std::string_view text);

  std::array<size_t, kRefusalCauses> counts_{};
  size_t described_ = 0;
  std::string examples_;
};

}  // namespace tidemark::ingest
