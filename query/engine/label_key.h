// LabelKey picks the labels by which series are grouped or matched: those listed, or all but
// those listed and the metric name. Immutable; thread-safe.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "model/labels.h"

namespace tidemark::query {

class LabelKey {
 public:
  // `only_listed`: by() and on(); otherwise without() and ignoring().
  LabelKey(std::vector<std::string> names, bool only_listed)
      : names_(std::move(names)), only_listed_(only_listed) {
    std::sort(names_.begin(), names_.end());
  }

  // Replaces `key` with the picked labels in canonical form: equal keys are equal bytes, and the
  // key is a label set itself.
  void Pick(model::LabelsView labels, std::string* key) const {
    key->clear();
    if (only_listed_ && names_.empty()) {
      return;
    }
    for (const model::LabelView& label : labels) {
      if (Picks(label.name)) {
        model::AppendLabel(label.name, label.value, key);
      }
    }
  }

 private:
  bool Picks(std::string_view name) const {
    const bool listed = std::binary_search(names_.begin(), names_.end(), name);
    return only_listed_ ? listed : !listed && name != model::kMetricName;
  }

  std::vector<std::string> names_;
  bool only_listed_;
};

}  // namespace tidemark::query
