// label_replace() and label_join().
#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "model/replacement.h"
#include "query/engine/functions.h"
#include "query/engine/label_text.h"
#include "re2/re2.h"

namespace tidemark::query {
namespace {

const std::string& StringArgument(const Call& call, size_t i) {
  return As<StringLiteral>(StripParens(*call.args[i])).value;
}

// Sets `label` of every series to what `value_of(labels)` gives, where it gives something.
template <typename ValueOf>
absl::StatusOr<StepVector> SetLabel(EvalContext& context, StepVector vector,
                                    const std::string& label, ValueOf value_of) {
  for (Row& row : vector.rows()) {
    if (const std::optional<std::string> value = value_of(row.labels)) {
      model::LabelsBuilder builder(row.labels);
      builder.Set(label, *value);
      row.labels = context.labels().Store(builder.Build());
      row.drop_name = row.drop_name && label != model::kMetricName;
    }
    RETURN_IF_ERROR(context.Spend(1));
  }
  if (label == model::kMetricName) {
    vector.set_mixed_names(true);
  }
  RETURN_IF_ERROR(MergeEqualSeries(&vector));
  return vector;
}

absl::StatusOr<StepVector> LabelReplace(Evaluator& evaluator, const Call& call) {
  const std::string& target = StringArgument(call, 1);
  const std::string& source = StringArgument(call, 3);
  const std::string& pattern = StringArgument(call, 4);
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  const re2::RE2 regex(pattern, options);
  if (!regex.ok()) {
    return ExecutionError(
        fmt::format("invalid regular expression in label_replace(): {}", pattern));
  }
  if (!IsLabelName(target)) {
    return ExecutionError(
        fmt::format("invalid destination label name in label_replace(): {}", target));
  }
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*call.args[0]));
  const model::Replacement replacement(StringArgument(call, 2), regex);
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups() + 1));
  const auto value_of = [&](model::LabelsView labels) -> std::optional<std::string> {
    const std::string_view value = labels.Get(source);
    // An empty value still needs an address: RE2 takes a null one for "no text".
    const re2::StringPiece text(value.empty() ? "" : value.data(), value.size());
    if (!regex.Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
      return std::nullopt;
    }
    std::string replaced;
    replacement.Append(groups, &replaced);
    return replaced;
  };
  return SetLabel(evaluator.context(), std::move(vector), target, value_of);
}

absl::StatusOr<StepVector> LabelJoin(Evaluator& evaluator, const Call& call) {
  const std::string& target = StringArgument(call, 1);
  const std::string& separator = StringArgument(call, 2);
  std::vector<std::string_view> sources;
  for (size_t i = 3; i < call.args.size(); ++i) {
    sources.emplace_back(StringArgument(call, i));
    if (!IsLabelName(sources.back())) {
      return ExecutionError(
          fmt::format("invalid source label name in label_join(): {}", sources.back()));
    }
  }
  if (!IsLabelName(target)) {
    return ExecutionError(
        fmt::format("invalid destination label name in label_join(): {}", target));
  }
  ASSIGN_OR_RETURN(StepVector vector, evaluator.Vector(*call.args[0]));
  const auto value_of = [&](model::LabelsView labels) -> std::optional<std::string> {
    std::string joined;
    for (size_t i = 0; i < sources.size(); ++i) {
      joined.append(i == 0 ? "" : separator).append(labels.Get(sources[i]));
    }
    return joined;
  };
  return SetLabel(evaluator.context(), std::move(vector), target, value_of);
}

constexpr VectorFunction kFunctions[] = {
    {FunctionId::kLabelReplace, LabelReplace},
    {FunctionId::kLabelJoin, LabelJoin},
};

}  // namespace

std::span<const VectorFunction> LabelFunctions() { return kFunctions; }

}  // namespace tidemark::query
