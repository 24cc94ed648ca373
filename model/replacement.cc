#include "model/replacement.h"

namespace tidemark::model {
namespace {

bool IsWordCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

int GroupOf(std::string_view name, const re2::RE2& regex) {
  constexpr size_t kMaxDigits = 6;
  const bool numeric = name.find_first_not_of("0123456789") == std::string_view::npos;
  if (numeric) {
    return name.size() > kMaxDigits ? -1 : std::stoi(std::string(name));
  }
  const auto& groups = regex.NamedCapturingGroups();
  const auto it = groups.find(std::string(name));
  return it == groups.end() ? -1 : it->second;
}

}  // namespace

Replacement::Replacement(std::string_view text, const re2::RE2& regex) {
  while (!text.empty()) {
    const size_t dollar = text.find('$');
    AddText(text.substr(0, dollar));
    if (dollar == std::string_view::npos) {
      return;
    }
    text.remove_prefix(dollar + 1);
    text.remove_prefix(AddReference(text, regex));
  }
}

void Replacement::Append(std::span<const re2::StringPiece> groups, std::string* out) const {
  for (const Part& part : parts_) {
    if (part.group < 0) {
      out->append(part.text);
    } else if (static_cast<size_t>(part.group) < groups.size()) {
      const re2::StringPiece& group = groups[static_cast<size_t>(part.group)];
      out->append(group.data() == nullptr ? "" : group.data(), group.size());
    }
  }
}

size_t Replacement::AddReference(std::string_view text, const re2::RE2& regex) {
  if (text.starts_with('$')) {
    AddText("$");
    return 1;
  }
  const bool braced = text.starts_with('{');
  size_t end = braced ? 1 : 0;
  while (end < text.size() && IsWordCharacter(text[end])) {
    ++end;
  }
  const std::string_view name = text.substr(braced ? 1 : 0, end - (braced ? 1 : 0));
  if (name.empty() || (braced && (end == text.size() || text[end] != '}'))) {
    AddText("$");
    return 0;
  }
  if (const int group = GroupOf(name, regex); group >= 0) {
    parts_.push_back({"", group});
  }
  return end + (braced ? 1 : 0);
}

}  // namespace tidemark::model
