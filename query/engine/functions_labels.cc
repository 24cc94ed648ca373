// label_replace() and label_join().
#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/engine/functions.h"
#include "query/engine/label_text.h"
#include "re2/re2.h"

namespace tidemark::query {
namespace {

const std::string& StringArgument(const Call& call, size_t i) {
  return As<StringLiteral>(StripParens(*call.args[i])).value;
}

bool IsWordCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

// Replacement is a text with references to the groups of a regular expression: $1, ${1}, $name,
// ${name}; $$ is a dollar sign. Parsed once, expanded for every match.
class Replacement {
 public:
  Replacement(std::string_view text, const re2::RE2& regex) {
    while (!text.empty()) {
      const size_t dollar = text.find('$');
      AddText(text.substr(0, dollar));
      if (dollar == std::string_view::npos) {
        return;
      }
      text.remove_prefix(dollar + 1);
      text.remove_prefix(AddReference(text, regex));
    }
  }

  std::string Expand(const std::vector<re2::StringPiece>& groups) const {
    std::string out;
    for (const Part& part : parts_) {
      if (part.group < 0) {
        out.append(part.text);
      } else if (static_cast<size_t>(part.group) < groups.size()) {
        const re2::StringPiece& group = groups[static_cast<size_t>(part.group)];
        out.append(group.data() == nullptr ? "" : std::string(group.data(), group.size()));
      }
    }
    return out;
  }

 private:
  struct Part {
    std::string text;
    int group = -1;  // of the expression; negative for plain text
  };

  void AddText(std::string_view text) { parts_.push_back({std::string(text), -1}); }

  // Adds what stands behind a dollar sign; returns the bytes it takes.
  size_t AddReference(std::string_view text, const re2::RE2& regex) {
    if (text.starts_with('$')) {
      AddText("$");
      return 1;
    }
    const bool braced = text.starts_with('{');
    size_t end = braced ? 1 : 0;
    while (end < text.size() && IsWordCharacter(text[end])) {
      ++end;
    }
    const std::string_view name = text.substr(braced ? 1 : 0, end - (braced ? 1 : 0));
    if (name.empty() || (braced && (end == text.size() || text[end] != '}'))) {
      AddText("$");
      return 0;
    }
    if (const int group = GroupOf(name, regex); group >= 0) {
      parts_.push_back({"", group});
    }
    return end + (braced ? 1 : 0);
  }

  static int GroupOf(std::string_view name, const re2::RE2& regex) {
    constexpr size_t kMaxDigits = 6;
    const bool numeric = name.find_first_not_of("0123456789") == std::string_view::npos;
    if (numeric) {
      return name.size() > kMaxDigits ? -1 : std::stoi(std::string(name));
    }
    const auto& groups = regex.NamedCapturingGroups();
    const auto it = groups.find(std::string(name));
    return it == groups.end() ? -1 : it->second;
  }

  std::vector<Part> parts_;
};

// Sets `label` of every series to what `value_of(labels)` gives, where it gives something.
template <typename ValueOf>
absl::StatusOr<StepVector> SetLabel(EvalContext& context, StepVector vector,
                                    const std::string& label, ValueOf value_of) {
  for (Row& row : vector.rows()) {
    if (const std::optional<std::string> value = value_of(row.labels)) {
      model::LabelsBuilder builder(row.labels);
      builder.Set(label, *value);
      row.labels = context.labels().Store(builder.Build());
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
  const Replacement replacement(StringArgument(call, 2), regex);
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups() + 1));
  const auto value_of = [&](model::LabelsView labels) -> std::optional<std::string> {
    const std::string_view value = labels.Get(source);
    // An empty value still needs an address: RE2 takes a null one for "no text".
    const re2::StringPiece text(value.empty() ? "" : value.data(), value.size());
    if (!regex.Match(text, 0, text.size(), re2::RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
      return std::nullopt;
    }
    return replacement.Expand(groups);
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
