#include "query/engine/functions.h"

#include <array>

#include "fmt/format.h"

namespace tidemark::query {
namespace {

constexpr size_t kMaxFunctions = 256;  // FunctionId is a byte

template <typename Function>
using Table = std::array<decltype(Function::evaluate), kMaxFunctions>;

template <typename Function>
void Fill(std::span<const Function> functions, Table<Function>* table) {
  for (const Function& function : functions) {
    (*table)[static_cast<size_t>(function.id)] = function.evaluate;
  }
}

Table<VectorFunction> MakeVectorTable() {
  Table<VectorFunction> table{};
  for (const auto& functions :
       {MathFunctions(), TimeFunctions(), RangeFunctions(), AbsenceFunctions(), LabelFunctions(),
        OrderFunctions(), HistogramFunctions(), InfoFunctions()}) {
    Fill(functions, &table);
  }
  return table;
}

Table<ScalarFunction> MakeScalarTable() {
  Table<ScalarFunction> table{};
  Fill(ScalarFunctions(), &table);
  return table;
}

absl::Status Unsupported(const Call& call) {
  return ExecutionError(fmt::format("function {}() is not supported", call.function->name));
}

}  // namespace

absl::StatusOr<StepVector> CallVectorFunction(Evaluator& evaluator, const Call& call) {
  static const Table<VectorFunction> table = MakeVectorTable();
  const auto evaluate = table[static_cast<size_t>(call.id())];
  if (evaluate == nullptr) {
    return Unsupported(call);
  }
  return evaluate(evaluator, call);
}

absl::StatusOr<ScalarColumn> CallScalarFunction(Evaluator& evaluator, const Call& call) {
  static const Table<ScalarFunction> table = MakeScalarTable();
  const auto evaluate = table[static_cast<size_t>(call.id())];
  if (evaluate == nullptr) {
    return Unsupported(call);
  }
  return evaluate(evaluator, call);
}

}  // namespace tidemark::query
