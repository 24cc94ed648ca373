#include "query/engine/label_text.h"

#include <cstddef>
#include <cstdint>

#include "model/matcher.h"

namespace tidemark::query {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// The run of digits at the front, without leading zeros; advances past it.
std::string_view TakeNumber(std::string_view* text) {
  size_t length = 0;
  while (length < text->size() && IsDigit((*text)[length])) {
    ++length;
  }
  std::string_view number = text->substr(0, length);
  text->remove_prefix(length);
  while (number.size() > 1 && number.front() == '0') {
    number.remove_prefix(1);
  }
  return number;
}

int CompareNumbers(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) {
    return a.size() < b.size() ? -1 : 1;
  }
  return a.compare(b);
}

}  // namespace

size_t Utf8Length(std::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) {
    return 1;
  }
  const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) {
    return 0;
  }
  for (size_t i = 1; i < length; ++i) {
    if ((static_cast<uint8_t>(text[i]) & 0xc0) != 0x80) {
      return 0;
    }
  }
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  const auto second = static_cast<uint8_t>(text[1]);
  const bool misused = (lead == 0xe0 && second < 0xa0) || (lead == 0xed && second > 0x9f) ||
                       (lead == 0xf0 && second < 0x90) || (lead == 0xf4 && second > 0x8f);
  return misused ? 0 : length;
}

bool IsLabelName(std::string_view name) {
  if (name.empty()) {
    return false;
  }
  while (!name.empty()) {
    const size_t length = Utf8Length(name);
    if (length == 0) {
      return false;
    }
    name.remove_prefix(length);
  }
  return true;
}

std::string LabelSetText(model::LabelsView labels) {
  std::string out = "{";
  for (const model::LabelView& label : labels) {
    const auto matcher = model::Matcher::Create(model::MatchType::kEqual, std::string(label.name),
                                                std::string(label.value));
    out.append(out.size() == 1 ? "" : ", ").append(matcher->ToString());
  }
  return out.append("}");
}

int CompareNaturally(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (IsDigit(a.front()) && IsDigit(b.front())) {
      if (const int order = CompareNumbers(TakeNumber(&a), TakeNumber(&b)); order != 0) {
        return order;
      }
      continue;
    }
    if (a.front() != b.front()) {
      return static_cast<uint8_t>(a.front()) < static_cast<uint8_t>(b.front()) ? -1 : 1;
    }
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

}  // namespace tidemark::query
