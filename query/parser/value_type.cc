#include "query/parser/value_type.h"

namespace tidemark::query {

std::string_view Describe(ValueType type) {
  constexpr std::string_view kTexts[] = {"scalar", "string", "instant vector", "range vector"};
  return kTexts[static_cast<size_t>(type)];
}

std::string_view TypeName(ValueType type) {
  constexpr std::string_view kTexts[] = {"scalar", "string", "vector", "matrix"};
  return kTexts[static_cast<size_t>(type)];
}

}  // namespace tidemark::query
