#include "ingest/label_rules.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "base/status_macros.h"
#include "fmt/format.h"
#include "ingest/internal/wire_reader.h"
#include "ingest/utf8.h"

namespace tidemark::ingest {
namespace {

using internal::Tag;
using internal::WireFault;
using internal::WireReader;
using model::LabelView;

constexpr uint32_t kLabelTag = Tag(1, internal::kLengthDelimited);
constexpr uint32_t kNameTag = Tag(1, internal::kLengthDelimited);
constexpr uint32_t kValueTag = Tag(2, internal::kLengthDelimited);
// Levels that may still be opened inside a label, which lies in a series in a request.
constexpr int kBelowLabel = internal::kMaxNesting - 2;

// How much of a name or value, and of a whole series, an error shows.
constexpr size_t kShownTextBytes = 64;
constexpr size_t kShownSeriesBytes = 240;

using LabelList = absl::InlinedVector<LabelView, 32>;

// ---- error texts

bool IsPrintable(char c) { return c >= ' ' && c != '\x7f' && c != '"' && c != '\\'; }

void AppendEscaped(std::string_view text, std::string* out) {
  while (!text.empty()) {
    const size_t length = Utf8CharacterLength(text);
    if (length > 1 || (length == 1 && IsPrintable(text[0]))) {
      out->append(text.substr(0, length));
      text.remove_prefix(length);
    } else {
      out->append(fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0])));
      text.remove_prefix(1);
    }
  }
}

// The first `max_bytes` of `text`, less what would be half a character.
std::string_view Shorten(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) {
    return text;
  }
  size_t n = max_bytes;
  while (n > 0 && n + 3 > max_bytes && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) {
    --n;
  }
  return text.substr(0, n);
}

// The beginning of `text`, in quotes and safe to print.
std::string Quote(std::string_view text) {
  const std::string_view shown = Shorten(text, kShownTextBytes);
  std::string out = "\"";
  AppendEscaped(shown, &out);
  return out += shown.size() < text.size() ? "...\"" : "\"";
}

std::string_view MetricName(const LabelList& labels) {
  for (const LabelView& label : labels) {
    if (label.name == model::kMetricName) {
      return label.value;
    }
  }
  return {};
}

// name{a="x", b="y", ...}, as much as fits.
std::string DescribeSeries(const LabelList& labels) {
  std::string out;
  AppendEscaped(Shorten(MetricName(labels), kShownTextBytes), &out);
  out += '{';
  const char* separator = "";
  for (const LabelView& label : labels) {
    if (label.name == model::kMetricName) {
      continue;
    }
    out += separator;
    if (out.size() > kShownSeriesBytes) {
      out += "...";
      break;
    }
    AppendEscaped(Shorten(label.name, kShownTextBytes), &out);
    out += '=';
    out += Quote(label.value);
    separator = ", ";
  }
  return out += '}';
}

absl::Status Refuse(const LabelList& labels, std::string_view cause) {
  return absl::InvalidArgumentError(fmt::format("series {}: {}", DescribeSeries(labels), cause));
}

// ---- reading

bool ReadLabel(std::string_view message, LabelView* label, WireFault* fault) {
  WireReader reader(message, fault);
  while (!reader.done()) {
    uint32_t tag = 0;
    if (!reader.ReadTag(&tag)) {
      return false;
    }
    const bool read = tag == kNameTag    ? reader.ReadBytes(&label->name)
                      : tag == kValueTag ? reader.ReadBytes(&label->value)
                                         : reader.Skip(tag, kBelowLabel);
    if (!read) {
      return false;
    }
  }
  return true;
}

bool ReadLabelField(WireReader* reader, LabelView* label, WireFault* fault) {
  uint32_t tag = 0;
  std::string_view message;
  const char* begin = reader->position();
  if (!reader->ReadTag(&tag)) {
    return false;
  }
  if (tag != kLabelTag) {
    return reader->Fail(begin, "a label");
  }
  return reader->ReadBytes(&message) && ReadLabel(message, label, fault);
}

// Keeps the labels with a value. A label without name is kept whatever its value, to be refused.
absl::Status ReadLabels(std::string_view label_fields, size_t max_labels, LabelList* labels) {
  WireFault fault;
  WireReader reader(label_fields, &fault);
  while (!reader.done()) {
    LabelView label;
    if (!ReadLabelField(&reader, &label, &fault)) {
      return absl::InvalidArgumentError(
          fmt::format("malformed labels: {}", fault.Describe(label_fields.data())));
    }
    if (label.value.empty() && !label.name.empty()) {
      continue;
    }
    labels->push_back(label);
    if (labels->size() > max_labels) {
      return Refuse(*labels, fmt::format("more than {} labels", max_labels));
    }
  }
  return absl::OkStatus();
}

bool NameLess(const LabelView& a, const LabelView& b) { return a.name < b.name; }

void SortByName(LabelList* labels) {
  if (!std::is_sorted(labels->begin(), labels->end(), NameLess)) {
    std::stable_sort(labels->begin(), labels->end(), NameLess);
  }
}

// ---- rules

// Empty when `label` may stand in a label set.
std::string FaultOf(const LabelView& label, const LabelLimits& limits) {
  if (label.name.empty()) {
    return fmt::format("a label with value {} has an empty name", Quote(label.value));
  }
  const auto name = [&] { return Quote(label.name); };
  if (label.name.size() > limits.max_name_bytes) {
    return fmt::format("label name {} has {} bytes, more than the limit of {}", name(),
                       label.name.size(), limits.max_name_bytes);
  }
  if (label.value.size() > limits.max_value_bytes) {
    return fmt::format("the value of label {} has {} bytes, more than the limit of {}", name(),
                       label.value.size(), limits.max_value_bytes);
  }
  if (!IsValidUtf8(label.name)) {
    return fmt::format("label name {} is not valid UTF-8", name());
  }
  if (!IsValidUtf8(label.value)) {
    return fmt::format("the value of label {} is not valid UTF-8", name());
  }
  return {};
}

absl::Status CheckLabels(const LabelList& labels, const LabelLimits& limits) {
  for (size_t i = 0; i < labels.size(); ++i) {
    if (std::string fault = FaultOf(labels[i], limits); !fault.empty()) {
      return Refuse(labels, fault);
    }
    if (i > 0 && labels[i].name == labels[i - 1].name) {
      return Refuse(labels,
                    fmt::format("label name {} occurs more than once", Quote(labels[i].name)));
    }
  }
  if (MetricName(labels).empty()) {
    return Refuse(labels, "no metric name (label __name__)");
  }
  return absl::OkStatus();
}

model::Labels Encode(const LabelList& labels, std::string_view label_fields) {
  // The usual case: the sender wrote the canonical form, and copying is all there is to do.
  if (model::IsCanonical(label_fields)) {
    return model::Labels::FromCanonical(std::string(label_fields));
  }
  std::string bytes;
  bytes.reserve(label_fields.size());
  for (const LabelView& label : labels) {
    model::AppendLabel(label.name, label.value, &bytes);
  }
  return model::Labels::FromCanonical(std::move(bytes));
}

// ---- the plain form

// Reads the label at `p` whose three lengths take one byte each. The byte behind it, or nullptr
// when there is none.
const char* ReadPlainLabel(const char* p, const char* end, LabelView* label) {
  constexpr ptrdiff_t kOverhead = 6;  // three tags, three lengths
  const auto length_at = [](const char* at) { return static_cast<uint8_t>(*at); };
  if (end - p < kOverhead || p[0] != kLabelTag || p[2] != kNameTag) {
    return nullptr;
  }
  const char* const next = p + 2 + length_at(p + 1);
  const char* const value = p + 4 + length_at(p + 3);
  if (next > end || next - value < 2 || value[0] != kValueTag ||
      value + 2 + length_at(value + 1) != next) {
    return nullptr;
  }
  label->name = {p + 4, static_cast<size_t>(value - p - 4)};
  label->value = {value + 2, static_cast<size_t>(next - value - 2)};
  return next;
}

// Mostly the first bytes tell.
bool NameAfter(std::string_view name, std::string_view before) {
  return before.empty() || name.front() > before.front() || name > before;
}

}  // namespace

bool IsPlainCanonical(std::string_view label_fields, const LabelLimits& limits) {
  const char* const end = label_fields.data() + label_fields.size();
  LabelView label;
  std::string_view last_name;
  size_t labels = 0;
  bool has_metric_name = false;
  for (const char* p = label_fields.data(); p != end; ++labels) {
    p = ReadPlainLabel(p, end, &label);
    if (p == nullptr || label.name.empty() || label.value.empty() ||
        !NameAfter(label.name, last_name) || label.name.size() > limits.max_name_bytes ||
        label.value.size() > limits.max_value_bytes) {
      return false;
    }
    has_metric_name = has_metric_name || label.name == model::kMetricName;
    last_name = label.name;
  }
  // Lengths count, too: one of 0x80 or more takes two bytes.
  return has_metric_name && labels <= limits.max_labels && IsAscii(label_fields);
}

absl::StatusOr<model::Labels> Canonicalize(std::string_view label_fields,
                                           const LabelLimits& limits) {
  LabelList labels;
  RETURN_IF_ERROR(ReadLabels(label_fields, limits.max_labels, &labels));
  SortByName(&labels);
  RETURN_IF_ERROR(CheckLabels(labels, limits));
  return Encode(labels, label_fields);
}

}  // namespace tidemark::ingest
