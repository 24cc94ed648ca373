// PresenceByKey tells, for each label key of a vector, at which steps a series with it is present.
// Thread-compatible.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/string_map.h"
#include "query/engine/label_key.h"
#include "query/engine/step_vector.h"

namespace tidemark::query {

using StepMask = std::vector<uint64_t>;  // one bit a step

class PresenceByKey {
 public:
  // `key` must outlive this object.
  PresenceByKey(const LabelKey& key, const StepVector& vector)
      : key_(key), nothing_(vector.words(), 0) {
    for (const Row& row : vector.rows()) {
      key_.Pick(row.labels, &scratch_);
      StepMask& mask = masks_.try_emplace(scratch_, nothing_).first->second;
      for (size_t w = 0; w < mask.size(); ++w) {
        mask[w] |= row.present[w];
      }
    }
  }

  // Of the key that `labels` have.
  const StepMask& Of(model::LabelsView labels) {
    key_.Pick(labels, &scratch_);
    return OfKey(scratch_);
  }
  const StepMask& OfKey(std::string_view key) const {
    const auto it = masks_.find(key);
    return it == masks_.end() ? nothing_ : it->second;
  }

  const base::StringMap<StepMask>& masks() const { return masks_; }

 private:
  const LabelKey& key_;
  const StepMask nothing_;
  base::StringMap<StepMask> masks_;
  std::string scratch_;
};

}  // namespace tidemark::query
