// LabelsView and Labels: the label set that identifies a series.
//
// A label set is kept as one run of bytes, the very bytes in which a remote-write sender spells
// the labels of a TimeSeries message:
//
//   for each label, in order of name:
//     0x0a  varint(len)  0x0a varint(name length) name  0x12 varint(value length) value
//                        └─────────────── len bytes ───────────────────────────────────┘
//
// In canonical form names are strictly ascending and no name or value is empty; two label sets
// are equal exactly when their canonical bytes are. Storing this form lets a request's bytes be
// hashed and compared as they stand on the wire.
//
// Both types are values: thread-compatible, and a LabelsView must not outlive its bytes.
#pragma once

#include <compare>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tidemark::model {

inline constexpr std::string_view kMetricName = "__name__";
inline constexpr std::string_view kBucketLabel = "le";

struct LabelView {
  std::string_view name;
  std::string_view value;
};

class LabelsView {
 public:
  // Walks the labels in order.
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = LabelView;
    using difference_type = std::ptrdiff_t;
    using pointer = const LabelView*;
    using reference = const LabelView&;

    Iterator() = default;
    Iterator(const char* p, const char* end) : p_(p), end_(end) { Read(); }
    const LabelView& operator*() const { return label_; }
    const LabelView* operator->() const { return &label_; }
    Iterator& operator++() {
      p_ = next_;
      Read();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      ++*this;
      return before;
    }
    bool operator==(const Iterator& other) const { return p_ == other.p_; }

   private:
    void Read();

    const char* p_ = nullptr;
    const char* next_ = nullptr;
    const char* end_ = nullptr;
    LabelView label_;
  };

  LabelsView() = default;
  // REQUIRES: `canonical` is the canonical form above.
  explicit LabelsView(std::string_view canonical) : bytes_(canonical) {}

  Iterator begin() const { return {bytes_.data(), bytes_.data() + bytes_.size()}; }
  Iterator end() const { return {bytes_.data() + bytes_.size(), bytes_.data() + bytes_.size()}; }
  bool empty() const { return bytes_.empty(); }
  std::string_view bytes() const { return bytes_; }

  // The value of label `name`; empty if there is none.
  std::string_view Get(std::string_view name) const;
  bool Has(std::string_view name) const { return !Get(name).empty(); }
  std::string_view metric_name() const { return Get(kMetricName); }

  // name{a="x", b="y"}, as Prometheus writes a series in messages.
  std::string ToString() const;

  friend bool operator==(LabelsView a, LabelsView b) { return a.bytes_ == b.bytes_; }

 private:
  std::string_view bytes_;
};

// Prometheus' order of label sets: pair by pair, name then value, by bytes; a prefix comes first.
std::strong_ordering Compare(LabelsView a, LabelsView b);

// A label set that owns its bytes.
class Labels {
 public:
  Labels() = default;
  explicit Labels(LabelsView view) : bytes_(view.bytes()) {}
  // Sorts; drops labels with an empty value. REQUIRES: names are distinct and not empty.
  static Labels Of(const std::vector<std::pair<std::string, std::string>>& labels);
  // REQUIRES: `bytes` is the canonical form.
  static Labels FromCanonical(std::string bytes);

  LabelsView view() const { return LabelsView(bytes_); }
  // NOLINTNEXTLINE(google-explicit-constructor): a Labels is usable wherever a view is.
  operator LabelsView() const { return view(); }
  bool empty() const { return bytes_.empty(); }
  const std::string& bytes() const { return bytes_; }
  std::string_view Get(std::string_view name) const { return view().Get(name); }
  std::string ToString() const { return view().ToString(); }

  friend bool operator==(const Labels& a, const Labels& b) { return a.bytes_ == b.bytes_; }

 private:
  std::string bytes_;
};

// Appends one label in the form above.
void AppendLabel(std::string_view name, std::string_view value, std::string* bytes);

// Whether `bytes` is the canonical form, lengths checked. What comes from disk or wire passes
// here before it becomes a LabelsView.
bool IsCanonical(std::string_view bytes);

// LabelsBuilder changes a label set: set, delete, keep, then Build. Thread-compatible; the bytes
// of the base and of the arguments must live until Build.
class LabelsBuilder {
 public:
  LabelsBuilder() = default;
  explicit LabelsBuilder(LabelsView base) { Reset(base); }

  void Reset(LabelsView base);
  // An empty value deletes.
  LabelsBuilder& Set(std::string_view name, std::string_view value);
  LabelsBuilder& Delete(std::string_view name);
  std::string_view Get(std::string_view name) const;
  Labels Build() const;

 private:
  std::vector<LabelView> labels_;  // in order of name
};

}  // namespace tidemark::model
