#include "alert/check/label_family.h"

#include "fmt/format.h"
#include "fmt/ranges.h"

namespace tidemark::alert {

LabelFamily LabelFamily::Intersect(const LabelFamily& other) const {
  if (complement_ && other.complement_) {
    std::set<std::string> excluded = names_;
    excluded.insert(other.names_.begin(), other.names_.end());
    return AllBut(std::move(excluded));
  }
  const LabelFamily& finite = complement_ ? other : *this;
  const LabelFamily& filter = complement_ ? *this : other;
  std::set<std::string> both;
  for (const std::string& name : finite.names_) {
    if (filter.Contains(name)) {
      both.insert(name);
    }
  }
  return Of(std::move(both));
}

std::string LabelFamily::ToString() const {
  if (names_.empty()) {
    return complement_ ? "all labels" : "none";
  }
  return fmt::format("{}{}", complement_ ? "all labels but " : "", fmt::join(names_, ", "));
}

}  // namespace tidemark::alert
