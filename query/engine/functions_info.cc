// info(): adds to each series what info metrics say about its target.
//
// Series and info series belong together when their labels `instance` and `job` are equal. Which
// info series are there may change from step to step, and with it the labels of the result: each
// combination of them that occurs makes a series of its own.
#include <map>

#include "base/status_macros.h"
#include "base/string_map.h"
#include "fmt/format.h"
#include "query/engine/functions.h"
#include "query/engine/label_key.h"
#include "query/engine/label_text.h"
#include "query/engine/selector.h"

namespace tidemark::query {
namespace {

using model::Matcher;
using model::MatchType;

constexpr std::string_view kDefaultInfoMetric = "target_info";
constexpr std::string_view kAnyInfoMetric = ".+_info";

// Which info series are asked for, and which of their labels.
struct InfoRequest {
  std::vector<Matcher> names;   // of the metric
  std::vector<Matcher> labels;  // that are wanted; empty for all

  bool IsInfoSeries(model::LabelsView series) const {
    return std::all_of(names.begin(), names.end(),
                       [&](const Matcher& matcher) { return matcher.Matches(series); });
  }
  bool Wants(std::string_view label) const {
    return labels.empty() || std::any_of(labels.begin(), labels.end(), [&](const Matcher& matcher) {
             return matcher.name() == label;
           });
  }
  // Whether a series that nothing was found for stays.
  bool AcceptsNothing() const {
    return std::all_of(labels.begin(), labels.end(),
                       [](const Matcher& matcher) { return matcher.MatchesEmpty(); });
  }
};

absl::Status AddNameMatcher(MatchType type, std::string_view value, InfoRequest* request) {
  ASSIGN_OR_RETURN(Matcher matcher,
                   Matcher::Create(type, std::string(model::kMetricName), std::string(value)));
  request->names.push_back(std::move(matcher));
  return absl::OkStatus();
}

absl::StatusOr<InfoRequest> ParseRequest(const Call& call) {
  InfoRequest request;
  if (call.args.size() > 1) {
    for (const Matcher& matcher : As<VectorSelector>(*call.args[1]).matchers) {
      const bool names_metric = matcher.name() == model::kMetricName;
      (names_metric ? request.names : request.labels).push_back(matcher);
    }
  }
  const bool any_positive = std::any_of(request.names.begin(), request.names.end(),
                                        [](const Matcher& m) { return !m.negative(); });
  if (request.names.empty()) {
    RETURN_IF_ERROR(AddNameMatcher(MatchType::kEqual, kDefaultInfoMetric, &request));
  } else if (!any_positive) {
    RETURN_IF_ERROR(AddNameMatcher(MatchType::kRegexp, kAnyInfoMetric, &request));
  }
  return request;
}

// The first selector in `expr`; null if there is none.
const VectorSelector* FirstSelector(const Expr& expr) {
  switch (expr.kind()) {
    case ExprKind::kVectorSelector:
      return &As<VectorSelector>(expr);
    case ExprKind::kMatrixSelector:
      return As<MatrixSelector>(expr).selector.get();
    case ExprKind::kSubquery:
      return FirstSelector(*As<Subquery>(expr).expr);
    case ExprKind::kAggregate:
      return FirstSelector(*As<Aggregate>(expr).expr);
    case ExprKind::kUnary:
      return FirstSelector(*As<Unary>(expr).expr);
    case ExprKind::kParen:
      return FirstSelector(*As<Paren>(expr).expr);
    case ExprKind::kBinary: {
      const VectorSelector* left = FirstSelector(*As<Binary>(expr).lhs);
      return left != nullptr ? left : FirstSelector(*As<Binary>(expr).rhs);
    }
    case ExprKind::kCall:
      for (const ExprPtr& arg : As<Call>(expr).args) {
        if (const VectorSelector* found = FirstSelector(*arg)) {
          return found;
        }
      }
      return nullptr;
    default:
      return nullptr;
  }
}

// The times of the newest samples of all info series asked for, as of the time that the first
// selector of `base` looks at.
absl::StatusOr<StepVector> SelectInfo(Evaluator& evaluator, const InfoRequest& request,
                                      const Expr& base) {
  VectorSelector selector;
  if (const VectorSelector* first = FirstSelector(base)) {
    selector.shift.offset.ms = first->shift.offset.ms;
    selector.shift.at = first->shift.at;
    selector.shift.at_ms = first->shift.at_ms;
  }
  selector.matchers = request.names;
  selector.matchers.insert(selector.matchers.end(), request.labels.begin(), request.labels.end());
  return SelectInstant(evaluator, selector, SampleField::kTime);
}

class InfoJoin {
 public:
  InfoJoin(EvalContext& context, const InfoRequest& request, const StepVector& info)
      : context_(context), request_(request), target_({"instance", "job"}, true) {
    std::string key;
    for (const Row& row : info.rows()) {
      target_.Pick(row.labels, &key);
      info_[key].push_back(row);
    }
  }

  // Adds `series` with the labels found for it to `result`.
  absl::Status Join(const Row& series, StepVector* result);

 private:
  // The info series that speak for one step: the newest of each metric, in order of name.
  using Chosen = std::map<std::string_view, const Row*>;

  static absl::StatusOr<Chosen> Choose(const std::vector<Row>& candidates, size_t step);
  absl::StatusOr<model::Labels> Combine(model::LabelsView series, const Chosen& chosen,
                                        bool* found) const;

  EvalContext& context_;
  const InfoRequest& request_;
  const LabelKey target_;
  base::StringMap<std::vector<Row>> info_;  // by target
};

absl::StatusOr<InfoJoin::Chosen> InfoJoin::Choose(const std::vector<Row>& candidates, size_t step) {
  Chosen chosen;
  for (const Row& row : candidates) {
    if (!row.Has(step)) {
      continue;
    }
    const Row*& newest = chosen[row.labels.metric_name()];
    if (newest != nullptr && newest->values[step] == row.values[step]) {
      return ExecutionError(
          fmt::format("found duplicate series for info metric: existing {} @ {}, "
                      "new {} @ {}",
                      LabelSetText(newest->labels), newest->values[step], row.labels.ToString(),
                      row.values[step]));
    }
    if (newest == nullptr || newest->values[step] < row.values[step]) {
      newest = &row;
    }
  }
  return chosen;
}

absl::StatusOr<model::Labels> InfoJoin::Combine(model::LabelsView series, const Chosen& chosen,
                                                bool* found) const {
  model::LabelsBuilder builder(series);
  std::map<std::string_view, std::string_view> added;
  for (const auto& [metric, row] : chosen) {
    for (const model::LabelView& label : row->labels) {
      if (label.name == model::kMetricName || series.Has(label.name) ||
          !request_.Wants(label.name)) {
        continue;
      }
      const auto [it, first] = added.try_emplace(label.name, label.value);
      if (!first && it->second != label.value) {
        return ExecutionError(fmt::format("conflicting label: {}", label.name));
      }
      builder.Set(label.name, label.value);
    }
  }
  *found = !added.empty();
  return builder.Build();
}

absl::Status InfoJoin::Join(const Row& series, StepVector* result) {
  std::string key;
  target_.Pick(series.labels, &key);
  const auto candidates = info_.find(std::string_view(key));
  std::map<Chosen, std::optional<Row>> rows;  // no row: the series is dropped there
  for (size_t step = 0; step < result->steps(); ++step) {
    if (!series.Has(step)) {
      continue;
    }
    Chosen chosen;
    if (candidates != info_.end()) {
      ASSIGN_OR_RETURN(chosen, Choose(candidates->second, step));
      RETURN_IF_ERROR(context_.Spend(candidates->second.size()));
    }
    const auto [it, added] = rows.try_emplace(chosen);
    if (added) {
      bool found = false;
      ASSIGN_OR_RETURN(const model::Labels labels, Combine(series.labels, chosen, &found));
      if (found || request_.AcceptsNothing()) {
        Row& row = result->Add(context_.labels().Store(labels));
        row.drop_name = series.drop_name;
        it->second = row;
      }
    }
    if (it->second) {
      it->second->Set(step, series.values[step]);
    }
  }
  return context_.Spend(result->steps());
}

absl::StatusOr<StepVector> Info(Evaluator& evaluator, const Call& call) {
  EvalContext& context = evaluator.context();
  ASSIGN_OR_RETURN(const InfoRequest request, ParseRequest(call));
  ASSIGN_OR_RETURN(const StepVector vector, evaluator.Vector(*call.args[0]));
  ASSIGN_OR_RETURN(const StepVector info, SelectInfo(evaluator, request, *call.args[0]));
  InfoJoin join(context, request, info);
  StepVector result = evaluator.NewVector();
  result.set_mixed_names(vector.mixed_names());
  for (const Row& series : vector.rows()) {
    if (request.IsInfoSeries(series.labels)) {
      result.AddCopy(series.labels, series);
    } else {
      RETURN_IF_ERROR(join.Join(series, &result));
    }
  }
  RETURN_IF_ERROR(MergeEqualSeries(&result));
  return result;
}

constexpr VectorFunction kFunctions[] = {{FunctionId::kInfo, Info}};

}  // namespace

std::span<const VectorFunction> InfoFunctions() { return kFunctions; }

}  // namespace tidemark::query
