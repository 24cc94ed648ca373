#include "alert/check/next_change.h"

#include <algorithm>
#include <cmath>

#include "alert/check/internal/expr_walk.h"
#include "alert/check/internal/steady_window.h"
#include "alert/check/time_dependence.h"
#include "base/status_macros.h"
#include "fmt/format.h"

namespace tidemark::alert {
namespace {

using model::Timestamp;
using query::As;
using query::Expr;
using query::ExprKind;

constexpr int64_t kMinuteMs = 60'000;
// Further away than this nothing is computed: a million days.
constexpr double kFarMs = 86'400'000.0 * 1e6;

void Meet(Timestamp candidate, std::optional<Timestamp>* next) {
  *next = next->has_value() ? std::min(**next, candidate) : candidate;
}

// The first multiple of `step` behind `t`.
Timestamp NextMultiple(Timestamp t, int64_t step) {
  const Timestamp rest = ((t % step) + step) % step;
  return t - rest + step;
}

std::string_view Slice(std::string_view text, query::PositionRange range) {
  return text.substr(range.begin, range.end - range.begin);
}

// What stands between a comparison's operator and its right side, `bool` left out.
std::string_view Modifiers(std::string_view text, const query::Binary& comparison) {
  const size_t begin = comparison.op_offset + query::OperatorText(comparison.op).size();
  std::string_view between = text.substr(begin, comparison.rhs->position.begin - begin);
  if (comparison.return_bool) {
    between.remove_prefix(between.find("bool") + 4);
  }
  return between;
}

}  // namespace

absl::StatusOr<NextChange> NextChange::Create(const query::Engine* engine, std::string_view expr) {
  ASSIGN_OR_RETURN(query::PreparedQuery query, engine->Prepare(expr));
  NextChange made(engine, std::move(query));
  RETURN_IF_ERROR(made.Prepare());
  return made;
}

absl::Status NextChange::Prepare() {
  RETURN_IF_ERROR(query::ResolveDurations({}, query_.expr.get()));
  const TimeDependence time = TimeDependenceOf(*query_.expr, engine_->options().lookback_ms);
  ticks_ = time.ticks();
  moves_in_gaps_ = !time.gap_reasons.empty();
  calendar_ = time.calendar;
  for (const Crossing& crossing : time.crossings) {
    RETURN_IF_ERROR(AddComparison(*crossing.comparison, crossing.slope));
  }
  Collect(*query_.expr);
  return absl::OkStatus();
}

absl::Status NextChange::AddComparison(const query::Binary& comparison, double slope) {
  const std::string_view text = query_.text;
  const std::string difference =
      fmt::format("({}) -{} ({})", Slice(text, comparison.lhs->position),
                  Modifiers(text, comparison), Slice(text, comparison.rhs->position));
  ASSIGN_OR_RETURN(query::PreparedQuery prepared, engine_->Prepare(difference));
  comparisons_.push_back({std::move(prepared), slope});
  return absl::OkStatus();
}

// Notes windows and steps, from the outside in. The values inside a subquery are those at its
// steps and stand still; what is fixed by `@` never moves.
void NextChange::Collect(const Expr& expr, Extrapolation extrapolation) {
  const auto fixed = [](const query::TimeShift& shift) {
    return shift.at != query::TimeShift::At::kNone;
  };
  if (expr.kind() == ExprKind::kSubquery) {
    const auto& subquery = As<query::Subquery>(expr);
    if (!fixed(subquery.shift)) {
      const int64_t step =
          subquery.step ? subquery.step->ms : engine_->options().default_subquery_step_ms;
      steps_.push_back({step, subquery.range.ms, subquery.shift.offset.ms});
    }
    return;
  }
  if (expr.kind() == ExprKind::kMatrixSelector) {
    const auto& matrix = As<query::MatrixSelector>(expr);
    if (!fixed(matrix.selector->shift)) {
      windows_.push_back({matrix.selector.get(), matrix.range.ms, matrix.selector->shift.offset.ms,
                          false, extrapolation});
    }
    return;
  }
  if (expr.kind() == ExprKind::kVectorSelector) {
    const auto& selector = As<query::VectorSelector>(expr);
    if (!fixed(selector.shift)) {
      windows_.push_back(
          {&selector, engine_->options().lookback_ms, selector.shift.offset.ms, true, {}});
    }
    return;
  }
  if (expr.kind() != ExprKind::kParen) {
    extrapolation = ExtrapolationOf(expr);
  }
  for (const Expr* child : ChildrenOf(expr)) {
    Collect(*child, extrapolation);
  }
}

NextChange::Extrapolation NextChange::ExtrapolationOf(const Expr& expr) {
  if (expr.kind() != ExprKind::kCall) {
    return Extrapolation::kNone;
  }
  switch (As<query::Call>(expr).id()) {
    case query::FunctionId::kRate:
    case query::FunctionId::kIncrease:
      return Extrapolation::kCounter;
    case query::FunctionId::kDelta:
      return Extrapolation::kGauge;
    default:
      return Extrapolation::kNone;
  }
}

absl::StatusOr<bool> NextChange::Moves(Timestamp t, const storage::Querier& querier) const {
  for (const Window& window : windows_) {
    if (moves_in_gaps_ && window.extrapolation != Extrapolation::kNone) {
      ASSIGN_OR_RETURN(const auto until, SteadyUntilOf(window, t, querier));
      if (!until.has_value()) {
        return true;
      }
    }
  }
  return false;
}

absl::StatusOr<std::optional<Timestamp>> NextChange::SteadyUntilOf(
    const Window& window, Timestamp t, const storage::Querier& querier) {
  const Timestamp end = t - window.offset_ms;
  const Timestamp begin = end - window.window_ms;
  ASSIGN_OR_RETURN(const auto series, querier.Select({begin + 1, end, window.selector->matchers}));
  storage::SampleColumns samples;
  Timestamp earliest = model::kMaxTimestamp;
  while (series->Next()) {
    RETURN_IF_ERROR(series->Read(&samples));
    size_t kept = 0;
    for (size_t i = 0; i < samples.size(); ++i) {
      if (!model::IsStale(samples.values[i])) {
        samples.timestamps[kept] = samples.timestamps[i];
        samples.values[kept++] = samples.values[i];
      }
    }
    const auto until = SteadyUntil(
        {std::span(samples.timestamps).first(kept), std::span(samples.values).first(kept)}, begin,
        end, window.extrapolation == Extrapolation::kCounter);
    if (!until.has_value()) {
      return std::nullopt;
    }
    earliest = std::min(earliest, *until);
  }
  return earliest == model::kMaxTimestamp ? earliest : earliest + window.offset_ms;
}

absl::StatusOr<std::optional<Timestamp>> NextChange::After(Timestamp t,
                                                           const storage::Querier& querier) const {
  std::optional<Timestamp> next;
  RETURN_IF_ERROR(MeetCrossings(t, querier, &next));
  for (const Window& window : windows_) {
    RETURN_IF_ERROR(MeetWindow(window, t, querier, &next));
    if (moves_in_gaps_ && window.extrapolation != Extrapolation::kNone) {
      ASSIGN_OR_RETURN(const auto until, SteadyUntilOf(window, t, querier));
      if (until.has_value() && *until != model::kMaxTimestamp) {
        Meet(*until, &next);
      }
    }
  }
  for (const Steps& steps : steps_) {
    const Timestamp end = t - steps.offset_ms;
    Meet(NextMultiple(end, steps.step_ms) + steps.offset_ms, &next);
    const Timestamp oldest = NextMultiple(end - steps.range_ms, steps.step_ms);
    Meet(oldest + steps.range_ms + steps.offset_ms, &next);
  }
  if (calendar_) {
    Meet(NextMultiple(t, kMinuteMs), &next);
  }
  return next;
}

absl::Status NextChange::MeetCrossings(Timestamp t, const storage::Querier& querier,
                                       std::optional<Timestamp>* next) const {
  for (const MovingComparison& comparison : comparisons_) {
    ASSIGN_OR_RETURN(query::QueryResult result,
                     engine_->Instant(comparison.difference, querier, t));
    if (result.type == query::ValueType::kScalar) {
      result.vector.push_back({model::Labels(), result.scalar});
    }
    for (const query::VectorSample& sample : result.vector) {
      const double ahead_ms = -sample.value / comparison.slope * 1000;
      if (ahead_ms >= 0 && ahead_ms < kFarMs) {
        Meet(t + std::max<int64_t>(static_cast<int64_t>(ahead_ms), 1), next);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status NextChange::MeetWindow(const Window& window, Timestamp t,
                                    const storage::Querier& querier,
                                    std::optional<Timestamp>* next) {
  const Timestamp end = t - window.offset_ms;
  const storage::Selection selection{
      .min_time = end - window.window_ms + 1,
      .max_time = model::kMaxTimestamp,  // a sender's clock may be fast
      .matchers = window.selector->matchers};
  ASSIGN_OR_RETURN(const auto series, querier.Select(selection));
  storage::SampleColumns samples;
  while (series->Next()) {
    RETURN_IF_ERROR(series->Read(&samples));
    const auto& times = samples.timestamps;
    const auto entering = std::upper_bound(times.begin(), times.end(), end);
    if (entering != times.end()) {
      Meet(*entering + window.offset_ms, next);
    }
    if (entering != times.begin()) {
      const Timestamp leaving = window.newest_only ? *(entering - 1) : times.front();
      Meet(leaving + window.window_ms + window.offset_ms, next);
    }
  }
  return absl::OkStatus();
}

}  // namespace tidemark::alert
