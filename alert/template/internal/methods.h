// What stands behind a dot: fields, elements and methods of values.
#pragma once

#include <optional>
#include <string_view>

#include "alert/template/internal/functions.h"
#include "alert/template/internal/value.h"

namespace tidemark::alert::templates {

// The method `name` of values of `kind`; its first parameter is the value. Null when there is none.
const Function* FindMethod(Kind kind, std::string_view name);

// The field `name` of a sample or the root; nullopt when there is none.
std::optional<Value> StructField(const Value& value, std::string_view name);

// The element `name` of a map; the empty text, or no value, when there is none.
// REQUIRES: kStringMap or kMap.
Value Element(const Value& map, std::string_view name);

}  // namespace tidemark::alert::templates
