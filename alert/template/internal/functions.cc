#include "alert/template/internal/functions.h"

#include "base/string_map.h"

namespace tidemark::alert::templates {

const Function* FindFunction(std::string_view name) {
  static const base::StringMap<const Function*> functions = [] {
    base::StringMap<const Function*> all;
    for (const auto& table : {LanguageFunctions(), PrometheusFunctions()}) {
      for (const Function& function : table) {
        all.emplace(std::string(function.name), &function);
      }
    }
    return all;
  }();
  const auto it = functions.find(name);
  return it == functions.end() ? nullptr : it->second;
}

std::string_view TypeName(ParameterType type) {
  switch (type) {
    case ParameterType::kString:
      return "string";
    case ParameterType::kAny:
      return "interface {}";
    case ParameterType::kOperand:
      return "reflect.Value";
    case ParameterType::kSample:
      return "*template.sample";
    case ParameterType::kSamples:
      return "template.queryResult";
  }
  return "";
}

}  // namespace tidemark::alert::templates
