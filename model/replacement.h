// Replacement is a text with references to the groups of a regular expression: $1, ${1}, $name,
// ${name}; $$ is a dollar sign, and a reference to no group gives nothing. Parsed once, expanded
// for every match. Immutable once made; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "re2/re2.h"

namespace tidemark::model {

class Replacement {
 public:
  Replacement(std::string_view text, const re2::RE2& regex);

  // Appends the text for a match whose groups are `groups`, the whole match first.
  void Append(std::span<const re2::StringPiece> groups, std::string* out) const;

 private:
  struct Part {
    std::string text;
    int group = -1;  // of the expression; negative for plain text
  };

  void AddText(std::string_view text) { parts_.push_back({std::string(text), -1}); }
  // Adds what stands behind a dollar sign; returns the bytes it takes.
  size_t AddReference(std::string_view text, const re2::RE2& regex);

  std::vector<Part> parts_;
};

}  // namespace tidemark::model
