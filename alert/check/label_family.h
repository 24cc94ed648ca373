// LabelFamily is a set of label names: finitely many, or all but finitely many. A plain value.
//
// The metric name is not one of the labels meant here: two metrics of one target are to be found
// in the same partition.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace tidemark::alert {

class LabelFamily {
 public:
  static LabelFamily None() { return LabelFamily(false, {}); }
  static LabelFamily All() { return LabelFamily(true, {}); }
  static LabelFamily Of(std::set<std::string> names) {
    return LabelFamily(false, std::move(names));
  }
  static LabelFamily AllBut(std::set<std::string> names) {
    return LabelFamily(true, std::move(names));
  }

  bool Contains(std::string_view name) const {
    return names_.contains(std::string(name)) != complement_;
  }
  bool empty() const { return !complement_ && names_.empty(); }
  // All names but those of names(), rather than just those.
  bool complement() const { return complement_; }
  const std::set<std::string>& names() const { return names_; }

  LabelFamily Intersect(const LabelFamily& other) const;
  LabelFamily Without(const std::set<std::string>& names) const { return Intersect(AllBut(names)); }

  // "none", "all labels", "all labels but le", "cluster, task"
  std::string ToString() const;

  friend bool operator==(const LabelFamily&, const LabelFamily&) = default;

 private:
  LabelFamily(bool complement, std::set<std::string> names)
      : complement_(complement), names_(std::move(names)) {}

  bool complement_;
  std::set<std::string> names_;
};

}  // namespace tidemark::alert
