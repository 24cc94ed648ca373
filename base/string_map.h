// Hash maps and sets keyed by std::string that look up std::string_view without a copy.
//
// The distribution's Abseil keeps absl::string_view apart from the standard's, so its own
// transparent hash does not take a std::string_view (docs/decisions/0002).
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace tidemark::base {

struct StringViewHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const {
    return absl::Hash<absl::string_view>()(absl::string_view(text.data(), text.size()));
  }
};

template <typename V>
using StringMap = absl::flat_hash_map<std::string, V, StringViewHash, std::equal_to<>>;
using StringSet = absl::flat_hash_set<std::string, StringViewHash, std::equal_to<>>;

// For functions of Abseil that take its own view.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace tidemark::base
