// vector(), and functions that only bring series in order. Order means something in the result
// of an instant query only.
#include <algorithm>
#include <cmath>

#include "base/status_macros.h"
#include "query/engine/functions.h"
#include "query/engine/label_text.h"

namespace tidemark::query {
namespace {

absl::StatusOr<StepVector> Vector(Evaluator& evaluator, const Call& call) {
  ASSIGN_OR_RETURN(const ScalarColumn scalar, evaluator.Scalar(*call.args[0]));
  StepVector vector = evaluator.NewVector();
  vector.set_mixed_names(false);
  const Row row = vector.Add({});
  for (size_t step = 0; step < scalar.size(); ++step) {
    row.Set(step, scalar[step]);
  }
  return vector;
}

void WarnIfIneffective(EvalContext& context, const Call& call) {
  if (context.is_range_query()) {
    context.annotations().Warn(
        "sort is ineffective for range queries since results are always ordered by labels",
        call.args[0]->position);
  }
}

template <typename Before>
absl::StatusOr<StepVector> SortRows(Evaluator& evaluator, const Call& call, Before before) {
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*call.args[0]));
  WarnIfIneffective(evaluator.context(), call);
  if (vector.steps() == 1) {
    std::stable_sort(vector.rows().begin(), vector.rows().end(), before);
  }
  return vector;
}

// NaN comes last either way.
template <bool descending>
absl::StatusOr<StepVector> SortByValue(Evaluator& evaluator, const Call& call) {
  return SortRows(evaluator, call, [](const Row& a, const Row& b) {
    const double x = a.values[0];
    const double y = b.values[0];
    if (std::isnan(x) || std::isnan(y)) {
      return std::isnan(y) && !std::isnan(x);
    }
    return descending ? x > y : x < y;
  });
}

std::vector<std::string> LabelArguments(const Call& call) {
  std::vector<std::string> names;
  for (size_t i = 1; i < call.args.size(); ++i) {
    names.push_back(As<StringLiteral>(StripParens(*call.args[i])).value);
  }
  return names;
}

int CompareByLabels(const std::vector<std::string>& names, model::LabelsView a,
                    model::LabelsView b) {
  for (const std::string& name : names) {
    if (const int order = CompareNaturally(a.Get(name), b.Get(name)); order != 0) {
      return order;
    }
  }
  const auto order = model::Compare(a, b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

template <bool descending>
absl::StatusOr<StepVector> SortByLabel(Evaluator& evaluator, const Call& call) {
  const std::vector<std::string> names = LabelArguments(call);
  return SortRows(evaluator, call, [&](const Row& a, const Row& b) {
    const int order = CompareByLabels(names, a.labels, b.labels);
    return descending ? order > 0 : order < 0;
  });
}

constexpr VectorFunction kFunctions[] = {
    {FunctionId::kVector, Vector},
    {FunctionId::kSort, SortByValue<false>},
    {FunctionId::kSortDesc, SortByValue<true>},
    {FunctionId::kSortByLabel, SortByLabel<false>},
    {FunctionId::kSortByLabelDesc, SortByLabel<true>},
};

}  // namespace

std::span<const VectorFunction> OrderFunctions() { return kFunctions; }

}  // namespace tidemark::query
