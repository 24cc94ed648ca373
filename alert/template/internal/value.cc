#include "alert/template/internal/value.h"

#include <algorithm>

namespace tidemark::alert::templates {

Value Value::Of(ValueMap v) {
  NestedMap map{std::move(v), 1};
  for (const auto& [name, element] : map.elements) {
    map.levels = std::max(map.levels, element.nesting() + 1);
  }
  return Value(Share(std::move(map)));
}

const ValueMap& Value::map() const { return std::get<Shared<NestedMap>>(v_)->elements; }

int Value::nesting() const {
  return kind() == Kind::kMap ? std::get<Shared<NestedMap>>(v_)->levels : 0;
}

const std::string& Value::text() const {
  if (kind() == Kind::kHtml) {
    return std::get<Shared<Html>>(v_)->text;
  }
  return *std::get<Shared<std::string>>(v_);
}

std::string_view TypeName(const Value& value) {
  switch (value.kind()) {
    case Kind::kInvalid:
      return "<nil>";
    case Kind::kBool:
      return "bool";
    case Kind::kInt:
      return "int";
    case Kind::kFloat:
      return "float64";
    case Kind::kString:
      return "string";
    case Kind::kHtml:
      return "template.HTML";
    case Kind::kStringMap:
      return "map[string]string";
    case Kind::kMap:
      return "map[string]interface {}";
    case Kind::kSample:
      return "*template.sample";
    case Kind::kSamples:
      return "template.queryResult";
    case Kind::kInstant:
      return "*time.Time";
    case Kind::kSpan:
      return "*time.Duration";
    case Kind::kRoot:
      return "struct { Labels map[string]string; ExternalLabels map[string]string; "
             "ExternalURL string; Value interface {} }";
  }
  return "";
}

bool IsTrue(const Value& value) {
  switch (value.kind()) {
    case Kind::kInvalid:
      return false;
    case Kind::kBool:
      return value.boolean();
    case Kind::kInt:
      return value.integer() != 0;
    case Kind::kFloat:
      return value.number() != 0;
    case Kind::kString:
    case Kind::kHtml:
      return !value.text().empty();
    case Kind::kStringMap:
      return !value.string_map().empty();
    case Kind::kMap:
      return !value.map().empty();
    case Kind::kSamples:
      return !value.samples().empty();
    case Kind::kSample:
    case Kind::kInstant:
    case Kind::kSpan:
    case Kind::kRoot:
      return true;
  }
  return false;
}

}  // namespace tidemark::alert::templates
