// The types of PromQL values.
#pragma once

#include <cstdint>
#include <string_view>

namespace tidemark::query {

enum class ValueType : uint8_t {
  kScalar,
  kString,
  kVector,  // instant vector: one sample per series
  kMatrix,  // range vector: samples per series
};

// As messages say it: "scalar", "string", "instant vector", "range vector".
std::string_view Describe(ValueType type);
// As the HTTP API says it: "scalar", "string", "vector", "matrix".
std::string_view TypeName(ValueType type);

}  // namespace tidemark::query
