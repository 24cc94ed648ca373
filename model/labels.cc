#include "model/labels.h"

#include <algorithm>

#include "base/check.h"
#include "fmt/format.h"
#include "model/varint.h"

namespace tidemark::model {
namespace {

constexpr char kLabelTag = 0x0a;  // field 1, length-delimited
constexpr char kNameTag = 0x0a;   // field 1
constexpr char kValueTag = 0x12;  // field 2

size_t VarintSize(uint64_t v) {
  size_t n = 1;
  while (v >= 0x80) {
    v >>= 7;
    ++n;
  }
  return n;
}

// Reads tag and length-delimited text at `p`; nullptr when the bytes are not that.
const char* ReadField(char tag, const char* p, const char* end, std::string_view* text) {
  uint64_t length = 0;
  if (p == end || *p != tag || (p = GetVarint(p + 1, end, &length)) == nullptr ||
      length > static_cast<size_t>(end - p)) {
    return nullptr;
  }
  *text = {p, static_cast<size_t>(length)};
  return p + length;
}

// Reads one label at `p`; nullptr when the bytes are not one in the exact form of the header.
const char* ReadLabel(const char* p, const char* end, LabelView* label) {
  std::string_view message;
  p = ReadField(kLabelTag, p, end, &message);
  if (p == nullptr) {
    return nullptr;
  }
  const char* message_end = message.data() + message.size();
  const char* value = ReadField(kNameTag, message.data(), message_end, &label->name);
  if (value == nullptr || ReadField(kValueTag, value, message_end, &label->value) != message_end) {
    return nullptr;
  }
  return p;
}

auto LowerBound(std::vector<LabelView>& labels, std::string_view name) {
  return std::lower_bound(labels.begin(), labels.end(), name,
                          [](const LabelView& l, std::string_view n) { return l.name < n; });
}

void AppendQuoted(std::string_view value, std::string* out) {
  out->push_back('"');
  for (const char c : value) {
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\n':
        out->append("\\n");
        break;
      default:
        out->push_back(c);
    }
  }
  out->push_back('"');
}

}  // namespace

void LabelsView::Iterator::Read() {
  if (p_ == end_) {
    return;
  }
  next_ = ReadLabel(p_, end_, &label_);
  TIDEMARK_CHECK(next_ != nullptr, "label bytes are not in canonical form");
}

std::string_view LabelsView::Get(std::string_view name) const {
  for (const LabelView& label : *this) {
    if (label.name >= name) {
      return label.name == name ? label.value : std::string_view();
    }
  }
  return {};
}

std::string LabelsView::ToString() const {
  std::string out(metric_name());
  std::string inner;
  for (const LabelView& label : *this) {
    if (label.name == kMetricName) {
      continue;
    }
    inner.append(inner.empty() ? "" : ", ").append(label.name).push_back('=');
    AppendQuoted(label.value, &inner);
  }
  if (!inner.empty() || out.empty()) {
    out.append("{").append(inner).append("}");
  }
  return out;
}

std::strong_ordering Compare(LabelsView a, LabelsView b) {
  auto x = a.begin();
  auto y = b.begin();
  for (; x != a.end() && y != b.end(); ++x, ++y) {
    if (const auto by_name = x->name <=> y->name; by_name != 0) {
      return by_name;
    }
    if (const auto by_value = x->value <=> y->value; by_value != 0) {
      return by_value;
    }
  }
  return (x != a.end()) <=> (y != b.end());
}

void AppendLabel(std::string_view name, std::string_view value, std::string* bytes) {
  const size_t length =
      2 + VarintSize(name.size()) + name.size() + VarintSize(value.size()) + value.size();
  bytes->push_back(kLabelTag);
  AppendVarint(length, bytes);
  bytes->push_back(kNameTag);
  AppendVarint(name.size(), bytes);
  bytes->append(name);
  bytes->push_back(kValueTag);
  AppendVarint(value.size(), bytes);
  bytes->append(value);
}

bool IsCanonical(std::string_view bytes) {
  const char* p = bytes.data();
  const char* end = p + bytes.size();
  std::string_view last_name;
  while (p != end) {
    LabelView label;
    const char* next = ReadLabel(p, end, &label);
    if (next == nullptr || label.name <= last_name || label.value.empty()) {
      return false;
    }
    // A length in more bytes than it needs would make two spellings of one label set.
    const size_t shortest = 2 + VarintSize(label.name.size()) + label.name.size() +
                            VarintSize(label.value.size()) + label.value.size();
    if (static_cast<size_t>(next - p) != 1 + VarintSize(shortest) + shortest) {
      return false;
    }
    last_name = label.name;
    p = next;
  }
  return true;
}

Labels Labels::Of(const std::vector<std::pair<std::string, std::string>>& labels) {
  LabelsBuilder builder;
  for (const auto& [name, value] : labels) {
    builder.Set(name, value);
  }
  return builder.Build();
}

Labels Labels::FromCanonical(std::string bytes) {
  TIDEMARK_DCHECK(IsCanonical(bytes), "label bytes are not in canonical form");
  Labels labels;
  labels.bytes_ = std::move(bytes);
  return labels;
}

void LabelsBuilder::Reset(LabelsView base) { labels_.assign(base.begin(), base.end()); }

LabelsBuilder& LabelsBuilder::Set(std::string_view name, std::string_view value) {
  if (value.empty()) {
    return Delete(name);
  }
  const auto it = LowerBound(labels_, name);
  if (it != labels_.end() && it->name == name) {
    it->value = value;
  } else {
    labels_.insert(it, {name, value});
  }
  return *this;
}

LabelsBuilder& LabelsBuilder::Delete(std::string_view name) {
  const auto it = LowerBound(labels_, name);
  if (it != labels_.end() && it->name == name) {
    labels_.erase(it);
  }
  return *this;
}

std::string_view LabelsBuilder::Get(std::string_view name) const {
  for (const LabelView& label : labels_) {
    if (label.name == name) {
      return label.value;
    }
  }
  return {};
}

Labels LabelsBuilder::Build() const {
  std::string bytes;
  for (const LabelView& label : labels_) {
    AppendLabel(label.name, label.value, &bytes);
  }
  return Labels::FromCanonical(std::move(bytes));
}

}  // namespace tidemark::model
