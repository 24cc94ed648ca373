#include "query/parser/value_type.h"

namespace tidemark::query {

std::string_view Describe(ValueType type) {
  constexpr std::string_view kTexts[] = {"scalar", "string", "instant vector", "range vector"};
  return kTexts[static_cast<size_t>(type)];
}

}  // namespace tidemark::query
