// Aggregations that keep some of the series of each group as they are.
//
// Whether a series is kept is decided step by step, by clearing its bit at the others.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status_macros.h"
#include "fmt/format.h"
#include "model/hash.h"
#include "query/engine/aggregation.h"
#include "query/engine/number_text.h"

namespace tidemark::query {
namespace {

struct Candidate {
  double value;
  size_t row;  // index in the group
};

// `k` of topk and the like at each step, cut to whole numbers.
absl::StatusOr<std::vector<size_t>> WholeNumbers(const ScalarColumn& parameter) {
  constexpr double kLimit = 9223372036854775808.0;  // 2^63
  std::vector<size_t> numbers;
  numbers.reserve(parameter.size());
  for (const double k : parameter) {
    if (std::isnan(k)) {
      return ExecutionError("Parameter value is NaN");
    }
    if (k >= kLimit) {
      return ExecutionError(fmt::format("Scalar value {} overflows int64", GeneralText(k)));
    }
    if (k < -kLimit) {
      return ExecutionError(fmt::format("Scalar value {} underflows int64", GeneralText(k)));
    }
    numbers.push_back(k < 1 ? 0 : static_cast<size_t>(k));
  }
  return numbers;
}

// NaN comes last; equal values keep the order of the series.
template <bool descending>
bool Precedes(const Candidate& a, const Candidate& b) {
  if (std::isnan(a.value) || std::isnan(b.value)) {
    return std::isnan(a.value) == std::isnan(b.value) ? a.row < b.row : std::isnan(b.value);
  }
  if (a.value != b.value) {
    return descending ? a.value > b.value : a.value < b.value;
  }
  return a.row < b.row;
}

void Candidates(const SeriesGroup& group, size_t step, std::vector<Candidate>* candidates) {
  candidates->clear();
  for (size_t i = 0; i < group.rows.size(); ++i) {
    if (group.rows[i].Has(step)) {
      candidates->push_back({group.rows[i].values[step], i});
    }
  }
}

// Clears the candidates from the k-th on. With one step, also brings the group in order.
template <bool descending>
absl::Status KeepExtremes(EvalContext& context, const std::vector<size_t>& numbers,
                          SeriesGroup* group) {
  std::vector<Candidate> candidates;
  for (size_t step = 0; step < numbers.size(); ++step) {
    Candidates(*group, step, &candidates);
    RETURN_IF_ERROR(context.Spend(group->rows.size()));
    const auto kept = candidates.begin() +
                      static_cast<std::ptrdiff_t>(std::min(numbers[step], candidates.size()));
    if (kept != candidates.end()) {
      std::nth_element(candidates.begin(), kept, candidates.end(), Precedes<descending>);
    }
    for (auto it = kept; it != candidates.end(); ++it) {
      group->rows[it->row].Clear(step);
    }
    if (numbers.size() == 1) {
      std::sort(candidates.begin(), kept, Precedes<descending>);
      std::vector<Row> ordered;
      std::for_each(candidates.begin(), kept,
                    [&](const Candidate& c) { ordered.push_back(group->rows[c.row]); });
      group->rows = std::move(ordered);
    }
  }
  return absl::OkStatus();
}

absl::Status KeepFirst(EvalContext& context, const std::vector<size_t>& numbers,
                       SeriesGroup* group) {
  for (size_t step = 0; step < numbers.size(); ++step) {
    size_t left = numbers[step];
    for (const Row& row : group->rows) {
      if (row.Has(step)) {
        left > 0 ? static_cast<void>(--left) : row.Clear(step);
      }
    }
    RETURN_IF_ERROR(context.Spend(group->rows.size()));
  }
  return absl::OkStatus();
}

// The place of a label set in [0, 1) that limit_ratio goes by.
double RatioOffset(model::LabelsView labels) {
  constexpr double kScale = 1.0 / 9007199254740992.0;  // 2^-53
  return static_cast<double>(model::HashBytes(labels.bytes(), 0).low >> 11) * kScale;
}

absl::StatusOr<ScalarColumn> CappedRatios(EvalContext& context, const Aggregate& aggregate,
                                          ScalarColumn ratios) {
  for (double& r : ratios) {
    if (std::isnan(r)) {
      return ExecutionError("Ratio value is NaN");
    }
    if (const double capped = std::clamp(r, -1.0, 1.0); capped != r) {
      context.annotations().Warn(
          fmt::format("ratio value should be between -1 and 1, got {}, capping to {}",
                      GeneralText(r), GeneralText(capped)),
          aggregate.param->position);
      r = capped;
    }
  }
  return ratios;
}

absl::StatusOr<StepVector> LimitRatio(EvalContext& context, const ScalarColumn& ratios,
                                      StepVector vector) {
  for (const Row& row : vector.rows()) {
    const double offset = RatioOffset(row.labels);
    vector.ForEachPresent(row, [&](size_t step) {
      const double r = ratios[step];
      if (!(r >= 0 ? offset < r : offset >= 1 + r)) {
        row.Clear(step);
      }
    });
    RETURN_IF_ERROR(context.Spend(vector.steps()));
  }
  vector.DropEmpty();
  return vector;
}

}  // namespace

absl::StatusOr<StepVector> SelectSeries(EvalContext& context, const Aggregate& aggregate,
                                        const ScalarColumn& parameter, StepVector vector) {
  if (aggregate.op == AggregateOp::kLimitRatio) {
    ASSIGN_OR_RETURN(const ScalarColumn ratios, CappedRatios(context, aggregate, parameter));
    return LimitRatio(context, ratios, std::move(vector));
  }
  ASSIGN_OR_RETURN(const std::vector<size_t> numbers, WholeNumbers(parameter));
  std::vector<SeriesGroup> groups = GroupSeries(context, vector, aggregate);
  vector.rows().clear();
  for (SeriesGroup& group : groups) {
    if (aggregate.op == AggregateOp::kTopk) {
      RETURN_IF_ERROR(KeepExtremes<true>(context, numbers, &group));
    } else if (aggregate.op == AggregateOp::kBottomk) {
      RETURN_IF_ERROR(KeepExtremes<false>(context, numbers, &group));
    } else {
      RETURN_IF_ERROR(KeepFirst(context, numbers, &group));
    }
    vector.rows().insert(vector.rows().end(), group.rows.begin(), group.rows.end());
  }
  vector.DropEmpty();
  return vector;
}

}  // namespace tidemark::query
