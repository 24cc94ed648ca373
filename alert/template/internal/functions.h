// The functions that a template may call: those of the language and those of Prometheus.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "alert/template/internal/value.h"
#include "alert/template/template.h"

namespace tidemark::alert::templates {

// What functions know besides their arguments.
struct CallContext {
  const TemplateData* data;
  TemplateQuery* query;  // null when there is none
  model::Timestamp time;
};

// What a parameter takes. kAny and kOperand take all; they differ in that kAny is one of Go's
// interface{}, and kOperand what the functions of the language itself declare.
enum class ParameterType : uint8_t { kString, kAny, kOperand, kSample, kSamples };

struct Function {
  std::string_view name;
  std::span<const ParameterType> parameters;  // the last one stands for any number if variadic
  bool variadic;
  // REQUIRES: arguments in number and kind as declared.
  absl::StatusOr<Value> (*call)(const CallContext& context, std::span<const Value> args);
};

// Null when there is none of that name.
const Function* FindFunction(std::string_view name);

// "string", "interface {}": the type as messages name it.
std::string_view TypeName(ParameterType type);

// The tables behind FindFunction.
std::span<const Function> LanguageFunctions();
std::span<const Function> PrometheusFunctions();

}  // namespace tidemark::alert::templates
